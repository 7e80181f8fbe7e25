import type { Fork } from "../layers/forks.ts";
import { UniArmError } from "../schema/error.ts";

/**
 * Prompts with their responses, padded on the right to one length: causal attention never looks at that padding. A row has one
 * response or, all of them, two to one prompt.
 */
export interface TokenBatch {
  /** [B][T] */
  readonly ids: readonly (readonly number[])[];
  /** Per row: column of the first response token. */
  readonly responseStart: readonly number[];
  /** Per row: columns that are not padding; the response is responseStart ... length - 1, end-of-sequence included. */
  readonly length: readonly number[];
  /** Per row, where rows have two responses: column where the second one starts, which follows the prompt. */
  readonly secondStart?: readonly number[];
}

/** A response of a batch: its row and its columns start ... end - 1. */
export interface BatchResponse {
  readonly row: number;
  readonly start: number;
  readonly end: number;
}

export interface PromptAndResponse {
  readonly prompt: readonly number[];
  readonly response: readonly number[];
}

/** Lays texts side by side. @throws UniArmError batch-empty without rows; prompt-empty when a row has no token to predict from */
export function tokenBatch(rows: readonly PromptAndResponse[], padTokenId = 0): TokenBatch {
  checkPrompts(rows);
  const texts = rows.map(({ prompt, response }) => [...prompt, ...response]);
  return { ...paddedRight(texts, padTokenId), responseStart: rows.map(({ prompt }) => prompt.length) };
}

/** Prompts with two responses each, one row a prompt: it is computed once for both. @throws as `tokenBatch` does */
export function forkedBatch(
  rows: readonly {
    readonly prompt: readonly number[];
    readonly responses: readonly [readonly number[], readonly number[]];
  }[],
  padTokenId = 0,
): TokenBatch {
  checkPrompts(rows);
  const texts = rows.map(({ prompt, responses: [first, second] }) => [...prompt, ...first, ...second]);
  return {
    ...paddedRight(texts, padTokenId),
    responseStart: rows.map(({ prompt }) => prompt.length),
    secondStart: rows.map(({ prompt, responses: [first] }) => prompt.length + first.length),
  };
}

/** The responses of a batch: of all rows; where rows have two, the first ones and then the second ones. */
export function responsesOf({ ids, responseStart, length, secondStart }: TokenBatch): BatchResponse[] {
  const ends = secondStart ?? length;
  const first = ids.map((_, row) => ({ row, start: responseStart[row]!, end: ends[row]! }));
  return [...first, ...(secondStart ?? []).map((start, row) => ({ row, start, end: length[row]! }))];
}

/** Tokens of all texts; a prompt counts with each of its responses. */
export const tokensOf = (batch: TokenBatch): number =>
  responsesOf(batch).reduce((sum, { row, start, end }) => sum + batch.responseStart[row]! + end - start, 0);

/** What a pass is told of a batch's rows. */
export const forksOf = ({ responseStart, length, secondStart }: TokenBatch): { forks?: readonly Fork[] } =>
  secondStart
    ? { forks: secondStart.map((second, row) => ({ start: responseStart[row]!, second, end: length[row]! })) }
    : {};

function checkPrompts(rows: readonly Pick<PromptAndResponse, "prompt">[]): void {
  if (rows.length === 0) throw new UniArmError("batch-empty", "A batch needs at least one row; it got none.");
  const empty = rows.findIndex(({ prompt }) => prompt.length === 0);
  if (empty < 0) return;
  throw new UniArmError(
    "prompt-empty",
    `The prompt of row ${empty} has no tokens; the first response token needs one to follow.`,
  );
}

function paddedRight(texts: readonly number[][], padTokenId: number): Pick<TokenBatch, "ids" | "length"> {
  const length = texts.map((text) => text.length);
  const columns = Math.max(...length);
  return {
    ids: texts.map((text) => [...text, ...new Array<number>(columns - text.length).fill(padTokenId)]),
    length,
  };
}

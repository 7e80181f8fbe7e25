import { UniArmError } from "../schema/error.ts";

/** Prompts with their responses, padded on the right to one length: causal attention never looks at that padding. */
export interface TokenBatch {
  /** [B][T] */
  readonly ids: readonly (readonly number[])[];
  /** Per row: column of the first response token. */
  readonly responseStart: readonly number[];
  /** Per row: columns that are not padding; the response is responseStart ... length - 1, end-of-sequence included. */
  readonly length: readonly number[];
}

export interface PromptAndResponse {
  readonly prompt: readonly number[];
  readonly response: readonly number[];
}

/** Lays texts side by side. @throws UniArmError batch-empty without rows; prompt-empty when a row has no token to predict from */
export function tokenBatch(rows: readonly PromptAndResponse[], padTokenId = 0): TokenBatch {
  if (rows.length === 0) throw new UniArmError("batch-empty", "A batch needs at least one row; it got none.");
  const empty = rows.findIndex(({ prompt }) => prompt.length === 0);
  if (empty >= 0) {
    throw new UniArmError(
      "prompt-empty",
      `The prompt of row ${empty} has no tokens; the first response token needs one to follow.`,
    );
  }
  const length = rows.map(({ prompt, response }) => prompt.length + response.length);
  const columns = Math.max(...length);
  return {
    ids: rows.map(({ prompt, response }, row) => [
      ...prompt,
      ...response,
      ...new Array<number>(columns - length[row]!).fill(padTokenId),
    ]),
    responseStart: rows.map(({ prompt }) => prompt.length),
    length,
  };
}

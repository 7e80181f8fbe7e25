import { createRandom, type Random } from "@uniarm/core";
import type { Prompt } from "@uniarm/core/schema";

/** A prompt and its token ids, as the model reads it. */
export interface EncodedPrompt extends Prompt {
  ids: readonly number[];
  /** ids for another model that carries the ARMs; default: the same */
  armIds?: readonly number[];
}

/** How one response is steered. `preference` is null for the unguided model, which has no coefficients. */
export interface Guidance {
  preference: readonly number[] | null;
  /** c_i: how much each adapter counts; in a product the exponent of its distribution, else its weight */
  coefficients: readonly number[];
}

/** One response to make: (prompt, preference, sample). */
export interface DecodingRow extends Guidance {
  prompt: EncodedPrompt;
  sample: number;
  /** what the adapters are given in place of its preference: a control; default: that preference */
  given?: readonly number[];
  /** which of the draws that one response is chosen from; default: the first */
  draw?: number;
}

/**
 * prompts x guidances x samples, cut into batches of at most `batchRows` rows. Prompts of similar length come together, so
 * that there is little padding; rows of one prompt come side by side, so that they share its prompt pass.
 */
export function planBatches(
  prompts: readonly EncodedPrompt[],
  guidances: readonly Guidance[],
  samplesPerPrompt: number,
  batchRows: number,
): DecodingRow[][] {
  const samples = Array.from({ length: samplesPerPrompt }, (_, sample) => sample);
  const rows = byLength(prompts).flatMap((prompt) =>
    guidances.flatMap((guidance) => samples.map((sample): DecodingRow => ({ prompt, ...guidance, sample }))),
  );
  const starts = Array.from({ length: Math.ceil(rows.length / batchRows) }, (_, batch) => batch * batchRows);
  return starts.map((start) => rows.slice(start, start + batchRows));
}

/** The order in which prompts are decoded: short ones first, those of one length as they were given. */
export const byLength = (prompts: readonly EncodedPrompt[]): EncodedPrompt[] =>
  prompts.toSorted((one, other) => one.ids.length - other.ids.length);

/** Names a request: equal keys are the same response. */
export function rowKey(promptId: string, preference: readonly number[] | null, sample: number): string {
  return JSON.stringify([promptId, preference, sample]);
}

/** The row's own random stream: it depends on the seed and the request, not on the batch that the row is decoded in. */
export function randomOf(row: DecodingRow, seed: number): Random {
  const random = createRandom(seed)
    .fork("sampling")
    .fork(rowKey(row.prompt.id, row.preference, row.sample));
  return row.draw ? random.fork(`draw-${row.draw}`) : random;
}

import { readFileSync } from "node:fs";
import { join } from "node:path";

export const goldenFolder = join(import.meta.dirname, "..", "golden");

export interface ModelGolden {
  tolerance: { logits_abs: number; logprobs_abs: number; hidden_states_abs: number };
  input_ids: number[][];
  attention_mask: number[][];
  logits: { at: [number, number][]; values: number[][] };
  token_logprobs: (number | null)[][];
  /** of the last column of the last row: after the embedding, after each layer but the last, after the final norm */
  hidden_states: number[][];
  greedy: { new_tokens: number; tokens: number[][]; logprobs: number[][] };
}

export function readGolden<T>(path: string): T {
  return JSON.parse(readFileSync(join(goldenFolder, path), "utf8")) as T;
}

/** Columns of padding at the left of each row. */
export function paddingOf(mask: readonly (readonly number[])[]): number[] {
  return mask.map((row) => row.filter((mark) => mark === 0).length);
}

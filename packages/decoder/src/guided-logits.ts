import { tf } from "@uniarm/core";
import type { Fusion } from "@uniarm/core/schema";

/** Logits of the rows' next tokens, of the base model and of each lane, and what makes one distribution of them. */
export interface GuidedLogits {
  /** [(1 + L) N, V]: N base rows, then N of each lane; without a base [L N, V] */
  logits: tf.Tensor2D;
  hasBase: boolean;
  fusion: Fusion;
  /** [L][N]: c_l of each row */
  coefficients: readonly (readonly number[])[];
  /** guided scores [N,V] by a head product of their own, where there is one; by them tokens are chosen */
  scores?: tf.Tensor2D;
}

export const disposeLogits = ({ logits, scores }: GuidedLogits): void => tf.dispose(scores ? [logits, scores] : logits);

/** Blocks of N rows that the logits hold: the base model's, if it was run, and the lanes'. */
export const partsOf = ({ hasBase, coefficients }: Pick<GuidedLogits, "hasBase" | "coefficients">): number =>
  Number(hasBase) + coefficients.length;

/** Per row whether no lane counts in it: the base model answers it. */
export function rowsUnguided(coefficients: GuidedLogits["coefficients"]): boolean[] {
  const [first] = coefficients;
  return (first ?? []).map((_, row) => coefficients.every((lane) => lane[row] === 0));
}

import type { tf } from "@uniarm/core";

/** A reward model on the engine: a backbone with its head. */
export interface ScoredModel {
  sha256: string;
  /** the most tokens of a text */
  contextTokens: number;
  vocabularySize: number;
  labels: number;
  /** mean and standard deviation that were saved with the model, if any */
  stored: { mean: number; deviation: number } | null;
  /** Token ids, one text per row -> [rows, labels]. The side at which shorter rows are padded does not change the scores. */
  score(rows: readonly (readonly number[])[], side?: "left" | "right"): Promise<number[][]>;
  dispose(): void;
}

/** The values of a tensor, which is then freed. */
export async function takeScores(scores: tf.Tensor2D): Promise<number[][]> {
  try {
    return await scores.array();
  } finally {
    scores.dispose();
  }
}

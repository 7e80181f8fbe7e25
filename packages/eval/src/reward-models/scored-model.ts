import type { tf } from "@uniarm/core";

/** Token ids of one text, or of two that an encoder reads side by side. */
export interface ScoredRow {
  ids: readonly number[];
  /** which of the two each token is of, where the tokenizer says so */
  types?: readonly number[] | undefined;
}

/** A reward model on the engine: a backbone with its head. */
export interface ScoredModel {
  sha256: string;
  /** the most tokens of a text */
  contextTokens: number;
  vocabularySize: number;
  labels: number;
  /** mean and standard deviation that were saved with the model, if any */
  stored: { mean: number; deviation: number } | null;
  /** One text per row -> [rows, labels]. The side at which shorter rows are padded does not change the scores. */
  score(rows: readonly ScoredRow[], side?: "left" | "right"): Promise<number[][]>;
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

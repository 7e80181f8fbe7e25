import type { Scorer } from "@uniarm/core/schema";

/** Whatever scores, ready to be asked. */
export interface OpenScorer {
  score: Scorer;
  /** what it scores, in order */
  objectives: { name: string; direction: "maximize" | "minimize" }[];
  /** texts that were scored, that were in the cache, that were longer than a model's context */
  counts: { scored: number; cached: number; truncated: number };
  dispose(): Promise<void>;
}

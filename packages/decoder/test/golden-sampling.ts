import { readGolden } from "./golden.ts";
import type { SamplingInput } from "./inputs.ts";

/** What transformers makes of scores, and the responses of its searches. */
export interface GoldenSampling {
  tolerance: { abs: number };
  eos: number[];
  new_tokens: number;
  cases: {
    scores: number[];
    prompt: number[];
    response: number[];
    processed: { settings: SamplingInput; probabilities: number[] }[];
  }[];
  greedy: { settings: SamplingInput; eos: number[]; prompt: number[]; tokens: number[] }[];
  beams: { beams: number; lengthPenalty: number; eos: number[]; prompt: number[]; tokens: number[]; score: number }[];
}

export const goldenSampling = (): GoldenSampling => readGolden("sampling/expect.json");

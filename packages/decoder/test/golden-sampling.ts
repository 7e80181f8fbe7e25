import type { z } from "zod";
import type { SamplingConfig } from "@uniarm/core/schema";
import { readGolden } from "./golden.ts";

type Settings = z.input<typeof SamplingConfig>;

/** What transformers makes of scores, and the responses of its searches. */
export interface GoldenSampling {
  tolerance: { abs: number };
  eos: number[];
  new_tokens: number;
  cases: {
    scores: number[];
    prompt: number[];
    response: number[];
    processed: { settings: Settings; probabilities: number[] }[];
  }[];
  greedy: { settings: Settings; eos: number[]; prompt: number[]; tokens: number[] }[];
  beams: { beams: number; lengthPenalty: number; eos: number[]; prompt: number[]; tokens: number[]; score: number }[];
}

export const goldenSampling = (): GoldenSampling => readGolden("sampling/expect.json");

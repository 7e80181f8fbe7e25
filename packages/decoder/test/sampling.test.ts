import { describe, expect, test } from "vitest";
import { createRandom } from "@uniarm/core";
import { SamplingConfig } from "@uniarm/core/schema";
import { drawToken, filterCandidates } from "../src/sampling.ts";
import { readGolden } from "./golden.ts";

type Probabilities = [token: number, probability: number][];
interface FromLogits {
  cases: {
    logprobs: { guided: number[] };
    filtered_guided: { temperature: number; top_k: number; top_p: number; probabilities: Probabilities }[];
  }[];
}
interface Steps {
  sampling: { temperature: number; top_k: number; top_p: number };
  steps: { logprobs: number[]; filtered: Probabilities }[];
}

const sampling = (input: { temperature?: number; top_k?: number; top_p?: number }): SamplingConfig =>
  SamplingConfig.parse({ temperature: input.temperature ?? 1, topK: input.top_k ?? 0, topP: input.top_p ?? 1 });

const logProbsOf = (probabilities: number[]): Float32Array => Float32Array.from(probabilities, Math.log);

function filtered(logProbs: number[], settings: SamplingConfig): Probabilities {
  const { indices, probabilities } = filterCandidates(Float32Array.from(logProbs), settings);
  return Array.from(indices, (index, place) => [index, probabilities[place]!]);
}

function expectSame(actual: Probabilities, expected: Probabilities): void {
  expect(actual.map(([token]) => token)).toEqual(expected.map(([token]) => token));
  actual.forEach(([, probability], place) => {
    expect(Math.abs(probability - expected[place]![1])).toBeLessThanOrEqual(1e-4);
  });
}

describe("temperature, top-k and top-p", () => {
  test("leave what the reference leaves of raw logits", () => {
    for (const { logprobs, filtered_guided } of readGolden<FromLogits>("decoding/from-logits/expect.json").cases) {
      for (const one of filtered_guided) expectSame(filtered(logprobs.guided, sampling(one)), one.probabilities);
    }
  });

  test.each(["moslora", "pblora"])("leave what the reference leaves of a guided model (%s)", (part) => {
    const golden = readGolden<Steps>(`decoding/${part}/expect.json`);
    for (const step of golden.steps) expectSame(filtered(step.logprobs, sampling(golden.sampling)), step.filtered);
  });

  test("top-p keeps the most likely tokens that reach it, and always the largest", () => {
    const row = [0.1, 0.5, 0.15, 0.25].map(Math.log);
    const tokens = (topP: number): number[] => filtered(row, sampling({ top_p: topP })).map(([token]) => token);
    expect(tokens(0.4)).toEqual([1]);
    expect(tokens(0.7)).toEqual([1, 3]);
    expect(tokens(0.8)).toEqual([1, 3, 2]);
    expect(tokens(1)).toEqual([1, 3, 2, 0]);
    expect(filtered([0.25, 0.25, 0.25, 0.25].map(Math.log), sampling({ top_p: 1e-20 }))).toEqual([[0, 1]]);
  });

  test("of equal tokens keep the lower ids", () => {
    expect(filtered([0.2, 0.2, 0.2, 0.2, 0.2].map(Math.log), sampling({ top_k: 2 })).map(([token]) => token)).toEqual([
      0, 1,
    ]);
  });
});

describe("drawing a token", () => {
  const probabilities = [0.02, 0.3, 0.18, 0.1, 0.4];

  test.each([
    ["unfiltered at temperature 1", sampling({}), probabilities],
    ["unfiltered at temperature 0.5", sampling({ temperature: 0.5 }), normalise(probabilities.map((p) => p ** 2))],
    ["with top-k 3", sampling({ top_k: 3 }), normalise([0, 0.3, 0.18, 0, 0.4])],
    ["with top-p 0.7", sampling({ top_p: 0.7 }), normalise([0, 0.3, 0, 0, 0.4])],
  ])("follows the distribution, %s", (_, settings, expected) => {
    const draws = 20_000;
    const random = createRandom(1);
    const row = logProbsOf(probabilities);
    const counts = new Array<number>(probabilities.length).fill(0);
    for (let draw = 0; draw < draws; draw++) counts[drawToken(row, settings, random)]! += 1;
    expected.forEach((probability, token) => {
      if (probability === 0) expect(counts[token]).toBe(0);
    });
    // chi-square over the tokens that can be drawn: mean df <= 4, and above 20 once in two thousand seeds
    const chiSquare = expected.reduce(
      (sum, p, token) => (p === 0 ? sum : sum + (counts[token]! - p * draws) ** 2 / (p * draws)),
      0,
    );
    expect(chiSquare).toBeLessThan(20);
  });

  test("is greedy at temperature 0 and draws nothing", () => {
    const random = createRandom(1);
    const before = random.state();
    expect(drawToken(logProbsOf(probabilities), sampling({ temperature: 0 }), random)).toBe(4);
    expect(random.state()).toEqual(before);
  });

  test("uses one number of the stream, whatever the filters", () => {
    const next = [sampling({}), sampling({ temperature: 2 }), sampling({ top_k: 2, top_p: 0.5 })].map((settings) => {
      const random = createRandom(7);
      drawToken(logProbsOf(probabilities), settings, random);
      return random.uniform();
    });
    expect(new Set(next).size).toBe(1);
  });
});

function normalise(weights: number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

import { createRandom } from "@uniarm/core";
import { SamplingConfig } from "@uniarm/core/schema";
import { describe, expect, test } from "vitest";
import { changesScores, normaliseScores, processScores } from "../src/process-scores.ts";
import { filterCandidates } from "../src/sampling.ts";
import { goldenSampling } from "./golden-sampling.ts";
import { largestDifference } from "./golden.ts";
import type { SamplingInput } from "./inputs.ts";

const NOTHING = { promptIds: [], tokenIds: [] };

/** What a row's next token is drawn from. */
function probabilities(
  scores: number[],
  settings: SamplingInput,
  soFar = NOTHING as Parameters<typeof processScores>[2],
  eos: number[] = [],
): number[] {
  const sampling = SamplingConfig.parse({ temperature: 1, ...settings });
  const row = Float32Array.from(scores);
  processScores(row, sampling, soFar, new Set(eos));
  normaliseScores(row);
  const candidates = filterCandidates(row, sampling);
  const all = scores.map(() => 0);
  candidates.indices.forEach((id, place) => (all[id] = candidates.probabilities[place]!));
  return all;
}

function changed(
  scores: number[],
  settings: SamplingInput,
  tokenIds: number[] = [],
  promptIds: number[] = [],
): number[] {
  const row = Float32Array.from(scores);
  processScores(row, SamplingConfig.parse(settings), { promptIds, tokenIds }, new Set([0]));
  return [...row];
}

describe("scores are processed", () => {
  test("as transformers processes them, in its order", () => {
    const { cases, eos, tolerance } = goldenSampling();
    for (const { scores, prompt, response, processed } of cases)
      for (const { settings, probabilities: expected } of processed) {
        const actual = probabilities(scores, settings, { promptIds: prompt, tokenIds: response }, eos);
        expect(largestDifference(actual, expected), JSON.stringify(settings)).toBeLessThanOrEqual(tolerance.abs);
        expect(actual.map((p) => p > 0)).toEqual(expected.map((p) => p > 0));
      }
  });

  test("with penalties of what the response holds: frequency for every time, presence once", () => {
    const settings = { frequencyPenalty: 0.5, presencePenalty: 0.25 };
    expect(changed([1, 2, 3, 4], settings, [2, 3, 2, 2], [1])).toEqual([1, 2, 3 - 1.75, 4 - 0.75]);
    expect(changed([1, 2], { frequencyPenalty: -1 }, [1])).toEqual([1, 3]);
  });

  test("with the repetition penalty on prompt and response, each token once, before the others are subtracted", () => {
    const settings = { repetitionPenalty: 2, presencePenalty: 1 };
    expect(changed([3, 4, -4, 5], settings, [1, 1, 2], [3, 1])).toEqual([3, 4 / 2 - 1, -4 * 2 - 1, 5 / 2]);
  });

  test("with the bias first, so that it may turn the sign that the repetition penalty sees", () => {
    expect(changed([1, -1], { logitBias: { "1": 3 }, repetitionPenalty: 4 }, [1])).toEqual([1, (-1 + 3) / 4]);
    expect(changed([1, 1], { logitBias: { "1": -3 }, repetitionPenalty: 4 }, [1])).toEqual([1, (1 - 3) * 4]);
  });

  test("without a way to end before minNewTokens, whatever its bias", () => {
    const settings = { minNewTokens: 2, logitBias: { "0": 99 } };
    expect(changed([1, 2], settings, [1])).toEqual([-Infinity, 2]);
    expect(changed([1, 2], settings, [1, 1])).toEqual([100, 2]);
  });

  test("and ids of a prompt that the two models do not share change nothing", () => {
    expect(changed([1, 2], { repetitionPenalty: 2 }, [], [1, 7])).toEqual([1, 1]);
  });

  test("not at all by settings that do nothing", () => {
    const idle = SamplingConfig.parse({ temperature: 0.7, topK: 3, topP: 0.5, minP: 0.1, stop: ["x"] });
    expect(changesScores(idle, [{ tokenIds: [] }])).toBe(false);
    for (const settings of [
      { repetitionPenalty: 1.1 },
      { frequencyPenalty: 0.1 },
      { presencePenalty: -1 },
      { minNewTokens: 1 },
      { logitBias: { "3": 1 } },
    ])
      expect(changesScores(SamplingConfig.parse(settings), [{ tokenIds: [] }])).toBe(true);
    const long = SamplingConfig.parse({ minNewTokens: 2 });
    expect([1, 2].map((count) => changesScores(long, [{ tokenIds: new Array<number>(count).fill(1) }]))).toEqual([
      true,
      false,
    ]);
  });
});

test("scores are normalised to log-probabilities, however large they are", () => {
  const row = Float32Array.of(1000, 1001, -Infinity);
  normaliseScores(row);
  expect(row[0]).toBeCloseTo(-Math.log1p(Math.E), 4);
  expect(row[2]).toBe(-Infinity);
  expect(row.reduce((sum, logProb) => sum + Math.exp(logProb), 0)).toBeCloseTo(1, 4); // float32 near 1000
});

describe("min-p", () => {
  test("keeps what is at least its share of the likeliest, after temperature", () => {
    const scores = [0.5, 0.25, 0.125, 0.0625, 0.0625].map(Math.log);
    expect(probabilities(scores, { minP: 0.3 })).toEqual([expect.closeTo(2 / 3, 5), expect.closeTo(1 / 3, 5), 0, 0, 0]);
    expect(probabilities(scores, { minP: 0.3, temperature: 2 }).filter((p) => p > 0)).toHaveLength(5); // shares are square roots
    expect(probabilities(scores, { minP: 0.3, temperature: 0.5 }).filter((p) => p > 0)).toHaveLength(1);
    expect(probabilities(scores, { minP: 1 })).toEqual([1, 0, 0, 0, 0]);
  });

  test("drops after top-p, whose share is of what top-k left", () => {
    const random = createRandom(2);
    const scores = Array.from({ length: 40 }, () => 2 * random.normal());
    const both = probabilities(scores, { topK: 20, topP: 0.9, minP: 0.1 });
    const topOnly = probabilities(scores, { topK: 20, topP: 0.9 });
    const largest = Math.max(...topOnly);
    expect(both.map((p) => p > 0)).toEqual(topOnly.map((p) => p > 0 && p >= 0.1 * largest));
    expect(both.filter((p) => p > 0).length).toBeLessThan(topOnly.filter((p) => p > 0).length);
  });
});

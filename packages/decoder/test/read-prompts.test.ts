import {
  createKvCache,
  createRandom,
  disposeTransformer,
  forward,
  nativeOps,
  tf,
  type Transformer,
} from "@uniarm/core";
import { expectNoTensorLeak, tinyModel } from "@uniarm/core/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { evenParts } from "../src/even-parts.ts";
import { readPrompts } from "../src/read-prompts.ts";

const CONTEXT = 700;
let model: Transformer;
beforeAll(async () => {
  model = await tinyModel({ config: { contextTokens: CONTEXT } });
});
afterAll(() => {
  disposeTransformer(model);
});

const random = createRandom(2);
const drawn = (tokens: number): number[] => Array.from({ length: tokens }, () => random.integer(256));
const largestDifference = (a: number[], b: number[]): number =>
  a.reduce((most, value, index) => Math.max(most, Math.abs(value - b[index]!)), 0);

/** The states that follow the prompts, and those that follow one token more [R][d] each. */
function statesAfter(prompts: readonly (readonly number[])[], passTokens: number): number[][][] {
  const columns = Math.max(...prompts.map((ids) => ids.length));
  const padding = prompts.map((ids) => columns - ids.length);
  const cache = createKvCache(model, padding, columns + 1);
  const states = tf.tidy(() => {
    const read = readPrompts(model, prompts, cache, () => [], passTokens);
    expect(cache.length).toBe(columns);
    const next = forward(
      model,
      prompts.map(() => [7]),
      { cache },
    );
    return [read.arraySync(), tf.squeeze<tf.Tensor2D>(next, [1]).arraySync()];
  });
  cache.dispose();
  return states;
}

describe("prompts read in parts", () => {
  // products of few rows add up in another order than those of many, and composed attention joins blocks of columns
  const TOLERANCE = 2e-6;

  test.each([
    ["one long prompt", [CONTEXT - 1]],
    ["prompts of all lengths", [1, 3, 40, 41, 50, 333, 600, 601]],
    ["many prompts of one length", new Array<number>(40).fill(17)],
  ])("give what they give in one pass: %s", (_, lengths) => {
    const prompts = lengths.map(drawn);
    const whole = statesAfter(prompts, Infinity);
    for (const passTokens of [1, 64, 100, 257])
      statesAfter(prompts, passTokens).forEach((read, after) => {
        read.forEach((row, place) => {
          expect(largestDifference(row, whole[after]![place]!)).toBeLessThan(TOLERANCE);
        });
      });
  });

  test("take the room of a part, not of all that is read", async () => {
    const peakOf = async (passTokens: number): Promise<number> => {
      const cache = createKvCache(model, [0], CONTEXT);
      const { peakBytes } = await tf.profile(() =>
        tf.tidy(() => readPrompts(model, [drawn(CONTEXT)], cache, () => [], passTokens)),
      );
      cache.dispose();
      return peakBytes - tf.memory().numBytes;
    };
    const { layers, keyValueHeads, headSize } = model.config;
    const cached = CONTEXT * layers * 2 * keyValueHeads * (nativeOps() ? 16 : headSize) * 4; // room, not values, which are fewer
    const [whole, parts] = [await peakOf(Infinity), await peakOf(70)];
    expect(parts).toBeLessThan(cached + (whole - cached) / 2);
  });

  test("keep no tensor", () =>
    expectNoTensorLeak(() => {
      statesAfter([drawn(90), drawn(30)], 32);
    }));
});

test("parts are as few as the most in one allows, and nearly equal", () => {
  for (const [count, most] of [
    [1025, 1024],
    [4424, 1024],
    [3, Infinity],
    [5, 0.4],
    [1, 7],
  ] as const) {
    const parts = evenParts(count, most);
    const sizes = parts.map(({ start, end }) => end - start);
    expect(parts[0]!.start).toBe(0);
    expect(parts.at(-1)!.end).toBe(count);
    expect(parts.slice(1).every(({ start }, index) => start === parts[index]!.end)).toBe(true);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(Math.max(1, most));
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    expect(parts).toHaveLength(Math.max(1, Math.ceil(count / Math.max(1, most))));
  }
});

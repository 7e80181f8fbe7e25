import { describe, expect, test } from "vitest";
import { bindAdapter } from "../../src/adapters/bind.ts";
import { transformerFromTensors } from "../../src/model/create.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { baseStates, guidedSequenceLogProbs } from "../../src/model/guided-log-probs.ts";
import { transformerTensors } from "../../src/model/held-tensors.ts";
import { sequenceLogProbs } from "../../src/model/log-probs.ts";
import { canFork } from "../../src/model/new-columns.ts";
import { forkedBatch, responsesOf, tokenBatch, tokensOf, type TokenBatch } from "../../src/model/token-batch.ts";
import { createKvCache, forward } from "../../src/model/transformer.ts";
import type { ModelConfig } from "../../src/schema/model.ts";
import { openEngine } from "../../src/tensor/engine.ts";
import { nativeOps, withoutNativeOps } from "../../src/tensor/native.ts";
import { createRandom } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";
import { expectNoTensorLeak } from "../../src/testing/leaks.ts";
import { type ADAPTERS, CONFIG, drawIds, drawnAdapter, drawnModel } from "../support/drawn-model.ts";
import { largestDifference } from "../support/numeric-gradient.ts";

await openEngine();

/** Prompts and responses of lengths around the engine's vectors of 16 numbers and its blocks of 6 and 24 rows. */
const LENGTHS: readonly [number, number, number][] = [
  [19, 5, 31],
  [1, 1, 1],
  [33, 20, 7],
  [2, 40, 3],
];
const idsOf = (count: number): number[] => drawIds(createRandom(count), 1, count)[0]!;
const pairs = LENGTHS.map(([prompt, first, second]) => ({
  prompt: idsOf(prompt),
  responses: [idsOf(first), idsOf(second + 100).slice(100)] as const,
}));
const apart = tokenBatch(
  ([0, 1] as const).flatMap((side) => pairs.map(({ prompt, responses }) => ({ prompt, response: responses[side] }))),
);
const forked = forkedBatch(pairs);
const PREFERENCES = [
  [0.3, 0.7],
  [1, 0],
  [0.5, 0.5],
  [0, 1],
];

test("a row of two responses knows where each lies, and both batches count the same tokens", () => {
  expect(responsesOf(forked)[0]).toEqual({ row: 0, start: 19, end: 24 });
  expect(responsesOf(forked)[4]).toEqual({ row: 0, start: 24, end: 55 });
  const responses = (batch: TokenBatch): number[][] =>
    responsesOf(batch).map(({ row, start, end }) => batch.ids[row]!.slice(start, end));
  expect(responses(forked)).toEqual(responses(apart));
  expect(tokensOf(forked)).toBe(tokensOf(apart));
});

/** Log-probabilities of all responses and gradients of the adapter, as one list; `shown` one preference a row of the batch. */
function learnt(
  model: Parameters<typeof sequenceLogProbs>[0],
  adapter: ReturnType<typeof drawnAdapter>,
  batch: TokenBatch,
  recompute = false,
): number[] {
  const shown = batch.secondStart ? PREFERENCES : [...PREFERENCES, ...PREFERENCES];
  const { value, grads } = tf.variableGrads(() => {
    const rows = bindAdapter(adapter, tf.tensor2d(shown));
    const options = { adapters: [{ adapter: rows, start: 0, count: shown.length }], recompute };
    return tf.sum(tf.square(sequenceLogProbs(model, batch, options)));
  }, Object.values(adapter.tensors));
  return [value, ...Object.values(grads)].flatMap((tensor) => Array.from(tensor.dataSync()));
}

const MODELS: readonly { what: string; change: Partial<ModelConfig>; kind?: keyof typeof ADAPTERS }[] = [
  { what: "rotary positions, grouped queries", change: {} },
  {
    what: "learned positions",
    change: { modelType: "gpt2", rope: null, keyValueHeads: 6 },
    kind: "lora",
  },
  { what: "half of a head turns", change: { rope: { theta: 10_000, scaling: null, size: 4 } } },
  { what: "scores below 20", change: { attention: { softCap: 20 } } },
];

describe.each(MODELS)("$what", ({ change, kind = "moslora" }) => {
  test("two responses in one row are what they are in a row each, and so are gradients, on both ways of the engine", async () => {
    const random = createRandom(4);
    const model = await drawnModel(random, change);
    const adapter = drawnAdapter(kind, random);
    const check = async (): Promise<void> =>
      expectNoTensorLeak(() => {
        const [one, two] = [forked, apart].map((batch) => tf.tidy(() => learnt(model, adapter, batch))) as [
          number[],
          number[],
        ];
        const scale = Math.max(...two.map(Math.abs));
        expect(largestDifference(one, two) / scale).toBeLessThan(1e-5); // float32 sums in another order
        const again = tf.tidy(() => learnt(model, adapter, forked, true));
        expect(largestDifference(again, one) / scale).toBeLessThan(1e-6);
        const sums = [forked, apart].map((batch) =>
          Array.from(tf.tidy(() => sequenceLogProbs(model, batch).dataSync())),
        );
        expect(largestDifference(sums[0]!, sums[1]!)).toBeLessThan(2e-4); // of some hundred nats
      });
    await check();
    if (nativeOps()) await withoutNativeOps(check);
    adapter.dispose();
    disposeTransformer(model);
  });
});

test("what the base makes of both responses comes from the one row, too", async () => {
  const model = await drawnModel(createRandom(4));
  const of = (batch: TokenBatch): number[] =>
    tf.tidy(() => {
      const states = baseStates(model, batch);
      return Array.from(guidedSequenceLogProbs(model, batch, [{ states, weight: 1 }]).dataSync());
    });
  expect(largestDifference(of(forked), of(apart))).toBeLessThan(2e-4);
  disposeTransformer(model);
});

test("rows of two responses may be longer than the context, when no text is", async () => {
  const model = await drawnModel(createRandom(4), { contextTokens: 54 });
  expect(forked.ids[0]!.length).toBeGreaterThan(54);
  const of = (batch: TokenBatch): number[] => Array.from(tf.tidy(() => sequenceLogProbs(model, batch).dataSync()));
  expect(largestDifference(of(forked), of(apart))).toBeLessThan(2e-4);
  disposeTransformer(model);
  const small = await drawnModel(createRandom(4), { contextTokens: 52 });
  expect(() => sequenceLogProbs(small, forked)).toThrow(/A row of 53 tokens does not fit/);
  disposeTransformer(small);
});

test("of a model whose attention has a window, only texts within it may share a row", async () => {
  const slidingWindow = { tokens: 53, layers: [0] };
  const model = await drawnModel(createRandom(4), { slidingWindow });
  const of = (batch: TokenBatch): number[] => Array.from(tf.tidy(() => sequenceLogProbs(model, batch).dataSync()));
  expect(canFork(model.config, 53)).toBe(true);
  expect(largestDifference(of(forked), of(apart))).toBeLessThan(2e-4);
  disposeTransformer(model);
  const narrow = await drawnModel(createRandom(4), { slidingWindow: { tokens: 52, layers: [0] } });
  expect(canFork(narrow.config, 53)).toBe(false);
  expect(() => sequenceLogProbs(narrow, forked)).toThrow(/window of 52/);
  disposeTransformer(narrow);
});

test("places of responses that a row cannot have are refused", async () => {
  const model = await drawnModel(createRandom(4));
  for (const fork of [
    { start: 0, second: 1, end: 2 },
    { start: 2, second: 1, end: 3 },
    { start: 1, second: 2, end: 5 },
  ])
    expect(() => forward(model, [[1, 2, 3, 4]], { forks: [fork] })).toThrow(/two responses/);
  expect(() => forward(model, [[1, 2]], { forks: [] })).toThrow(/named for 0/);
  const forks = [{ start: 1, second: 2, end: 3 }];
  const cache = createKvCache(model, [0]);
  for (const other of [{ cache }, { padding: [1] }])
    expect(() => forward(model, [[1, 2, 3]], { forks, ...other })).toThrow(/neither padding at the left nor a cache/);
  cache.dispose();
  disposeTransformer(model);
});

test.skipIf(nativeOps() === null)("bfloat16 rounds both alike", async () => {
  const wide = await drawnModel(createRandom(4));
  const model = transformerFromTensors(CONFIG, await transformerTensors(wide), { baseWeights: "bfloat16" });
  const of = (batch: TokenBatch): number[] => Array.from(tf.tidy(() => sequenceLogProbs(model, batch).dataSync()));
  const [one, two] = [of(forked), of(apart)];
  one.forEach((value, response) => expect(Math.abs(value / two[response]! - 1)).toBeLessThan(5e-3));
  disposeTransformer(model);
  disposeTransformer(wide);
});

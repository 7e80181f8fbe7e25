/** node train-step.ts <size> <baseWeights> <steps>: times training steps and prints one JSON line. */
import { BaseWeights, createRandom, tokenBatch } from "@uniarm/core";
import { createAdamW, trainStep, type MicroBatch } from "@uniarm/trainer";
import { sizes } from "../sizes.ts";
import { benchModel, report } from "./model.ts";

const [name = "", weights, steps] = process.argv.slice(2);
const size = sizes.train[name]!;
const { model, adapter, engine } = await benchModel(size, BaseWeights.parse(weights));
const random = createRandom(0);
const drawIds = (count: number): number[] => Array.from({ length: count }, () => random.integer(size.vocabulary));
const each = <T>(value: T): T[] => new Array<T>(size.pairs).fill(value);
const batch: MicroBatch = {
  tokens: tokenBatch(
    Array.from({ length: 2 * size.pairs }, () => ({ prompt: drawIds(1), response: drawIds(size.tokens - 1) })),
  ),
  ...{ preference: each([0.5, 0.5]), shown: each([0.5, 0.5]), signs: each([1, -1]), margins: null },
};
const options = { weightDecay: 0.05, adamBeta1: 0.9, adamBeta2: 0.999, adamEpsilon: 1e-8 };
const trained = { adapter, optimizer: createAdamW(adapter.tensors, options) };
const seconds: number[] = [];
for (let step = 0; step <= Number(steps); step++) {
  const startedAt = performance.now();
  await trainStep(
    model,
    trained,
    [batch],
    { betas: [0.01, 0.01], global: null },
    { learningRate: 5e-4, maxGradNorm: 1 },
  );
  if (step > 0) seconds.push((performance.now() - startedAt) / 1000); // the first warms up
}
report(seconds, engine);

/** node train-step.ts <size> <baseWeights> <steps>: times training steps and prints one JSON line. */
import { BaseWeights } from "@uniarm/core/schema";
import { sizes } from "../sizes.ts";
import { benchModel, report } from "./model.ts";
import { trainer } from "./workload.ts";

const [name = "", weights, steps] = process.argv.slice(2);
const size = sizes.train[name]!;
const { model, adapter, engine } = await benchModel(size, BaseWeights.parse(weights));
const step = trainer(model, adapter, size);
await step(); // warms up
const seconds: number[] = [];
for (let count = 0; count < Number(steps); count++) {
  const startedAt = performance.now();
  await step();
  seconds.push((performance.now() - startedAt) / 1000);
}
report(seconds, engine);

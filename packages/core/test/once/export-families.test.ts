import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Adapter } from "../../src/adapters/adapter.ts";
import { bindAdapter } from "../../src/adapters/bind.ts";
import { createAdapter } from "../../src/adapters/create.ts";
import { mergeIntoModel } from "../../src/adapters/merge.ts";
import { exportWeights } from "../../src/checkpoint/export-weights.ts";
import type { AdapterRows } from "../../src/layers/adapter-rows.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { inspectModel } from "../../src/model/inspect.ts";
import { sequenceLogProbs } from "../../src/model/log-probs.ts";
import { parseConfigJson } from "../../src/model/parse-config.ts";
import { loadTransformer } from "../../src/model/pretrained.ts";
import { layerModules } from "../../src/model/tensor-names.ts";
import {
  createKvCache,
  forward,
  logitsOf,
  type ForwardOptions,
  type Transformer,
} from "../../src/model/transformer.ts";
import { AdapterConfig } from "../../src/schema/adapter.ts";
import { openEngine } from "../../src/tensor/engine.ts";
import { nativeOps } from "../../src/tensor/native.ts";
import { createRandom } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";
import { temporaryFolder } from "../../src/testing/temporary-folder.ts";
import { goldenFolder } from "../support/golden.ts";
import { writeModelCombination, type ModelCombination } from "../support/model-combination.ts";
import { largestDifference } from "../support/numeric-gradient.ts";

await openEngine();

/** One of each model type, with two layers or more. */
const models = readFileSync(join(goldenFolder, "combinations", "models.jsonl"), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as ModelCombination)
  .filter(({ layers, config }) => layers > 1 && isRead(config))
  .filter(({ config }, index, all) => all.findIndex((other) => other.config.model_type === config.model_type) === index)
  .map((combination) => [combination.config.model_type, combination] as const);

function isRead(config: unknown): boolean {
  try {
    parseConfigJson(config, "config.json");
    return true;
  } catch {
    return false; // refused by name, which combinations-models.test.ts looks at
  }
}

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterEach(() => remove());

const ids = [[1, 2, 3, 4, 5]];
const logits = (model: Transformer, options: ForwardOptions = {}): Float32Array =>
  tf.tidy(() => logitsOf(model, forward(model, ids, options)).dataSync<"float32">());

function drawnAdapter({ config }: Transformer): Adapter {
  const targets = layerModules(config).map(({ name }) => name);
  const settings = AdapterConfig.parse({ kind: "lora", rank: 2, alpha: 4, targets });
  const adapter = createAdapter(settings, config, { objectiveCount: 1, random: createRandom(3) });
  const random = createRandom(4);
  for (const variable of Object.values(adapter.tensors))
    tf.tidy(() => {
      const values = Float32Array.from({ length: variable.size }, () => 0.2 * random.normal());
      variable.assign(tf.tensor(values, variable.shape));
    });
  return adapter;
}

function gradientsOf(model: Transformer, adapter: Adapter, adapters: AdapterRows[], recompute = false): number[] {
  const batch = { ids, responseStart: [2], length: [5] };
  return tf.tidy(() => {
    const loss = () => tf.sum<tf.Scalar>(sequenceLogProbs(model, batch, { adapters, recompute }));
    const { grads } = tf.variableGrads(loss, Object.values(adapter.tensors));
    return Object.values(grads).flatMap((gradient) => Array.from(gradient.dataSync()));
  });
}

test.each(models)("%s: adapters bind, have gradients, and are exported as they answer", async (_type, combination) => {
  await writeModelCombination(folder, combination);
  const found = await inspectModel(folder);
  expect(found.missing).toEqual([]);
  const model = await loadTransformer(folder);
  const adapter = drawnAdapter(model);
  const rows = bindAdapter(adapter, tf.ones([1, 1]));
  const adapters = [{ adapter: rows, start: 0, count: 1 }];
  const steered = logits(model, { adapters });
  expect(largestDifference(steered, logits(model))).toBeGreaterThan(1e-2);

  const own = gradientsOf(model, adapter, adapters);
  expect(own.every(Number.isFinite)).toBe(true);
  expect(own.filter((value) => value !== 0).length).toBeGreaterThan(own.length / 2);
  const scale = Math.max(...own.map(Math.abs));
  expect(largestDifference(gradientsOf(model, adapter, adapters, true), own) / scale).toBeLessThan(1e-4);

  const size = Math.max(10, ...steered.map(Math.abs)) / 10;
  const merged = mergeIntoModel(model, adapter, []);
  expect(largestDifference(logits(merged), steered) / size).toBeLessThan(2e-4);
  const target = join(folder, "exported");
  await exportWeights(target, folder, adapter, []);
  const exported = await loadTransformer(target);
  expect(largestDifference(logits(exported), steered) / size).toBeLessThan(2e-4);
  adapter.dispose();
  for (const each of [model, merged, exported]) disposeTransformer(each);
});

test.skipIf(!nativeOps()).each(models)("%s: weights in bfloat16 answer nearly alike", async (_type, combination) => {
  await writeModelCombination(folder, combination);
  const model = await loadTransformer(folder);
  const narrow = await loadTransformer(folder, { baseWeights: "bfloat16" });
  const adapter = drawnAdapter(model);
  const adapters = [{ adapter: bindAdapter(adapter, tf.ones([1, 1])), start: 0, count: 1 }];
  const distance = (own: ArrayLike<number>, other: ArrayLike<number>): number =>
    Math.hypot(...Array.from(own, (value, index) => value - other[index]!)) / Math.hypot(...Array.from(other));
  expect(distance(logits(narrow, { adapters }), logits(model, { adapters }))).toBeLessThan(0.1);
  const gradients = [narrow, model].map((each) => gradientsOf(each, adapter, adapters));
  expect(distance(gradients[0]!, gradients[1]!)).toBeLessThan(0.3);
  const cache = createKvCache(narrow, [0]);
  tf.tidy(() => forward(narrow, [ids[0]!.slice(0, 3)], { cache }));
  const states = tf.tidy(() => forward(narrow, [ids[0]!.slice(3)], { cache }).dataSync());
  const whole = tf.tidy(() => tf.slice(forward(narrow, ids), [0, 3, 0]).dataSync());
  expect(distance(states, whole)).toBeLessThan(0.05);
  cache.dispose();
  adapter.dispose();
  for (const each of [model, narrow]) disposeTransformer(each);
});

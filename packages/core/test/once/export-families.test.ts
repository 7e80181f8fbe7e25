import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bindAdapter } from "../../src/adapters/bind.ts";
import { createAdapter } from "../../src/adapters/create.ts";
import { mergeIntoModel } from "../../src/adapters/merge.ts";
import { exportWeights } from "../../src/checkpoint/export-weights.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { inspectModel } from "../../src/model/inspect.ts";
import { sequenceLogProbs } from "../../src/model/log-probs.ts";
import { loadTransformer } from "../../src/model/pretrained.ts";
import { layerModules } from "../../src/model/tensor-names.ts";
import { forward, logitsOf, type ForwardOptions, type Transformer } from "../../src/model/transformer.ts";
import { AdapterConfig } from "../../src/schema/adapter.ts";
import { createRandom } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";
import { temporaryFolder } from "../../src/testing/temporary-folder.ts";
import { goldenFolder } from "../support/golden.ts";
import { writeModelCombination, type ModelCombination } from "../support/model-combination.ts";
import { largestDifference } from "../support/numeric-gradient.ts";

/** One of each model type, with two layers or more. */
const models = readFileSync(join(goldenFolder, "combinations", "models.jsonl"), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as ModelCombination)
  .filter(
    ({ layers, config }) =>
      layers > 1 && config.partial_rotary_factor === undefined && config.mlp_only_layers === undefined,
  )
  .filter(({ config }, index, all) => all.findIndex((other) => other.config.model_type === config.model_type) === index)
  .map((combination) => [combination.config.model_type, combination] as const);

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterEach(() => remove());

const ids = [[1, 2, 3, 4, 5]];
const logits = (model: Transformer, options: ForwardOptions = {}): Float32Array =>
  tf.tidy(() => logitsOf(model, forward(model, ids, options)).dataSync<"float32">());

test.each(models)("%s: adapters bind, have gradients, and are exported as they answer", async (_type, combination) => {
  await writeModelCombination(folder, combination);
  const found = await inspectModel(folder);
  expect(found.missing).toEqual([]);
  const model = await loadTransformer(folder);
  const targets = layerModules(model.config).map(({ name }) => name);
  const config = AdapterConfig.parse({ kind: "lora", rank: 2, alpha: 4, targets });
  const adapter = createAdapter(config, model.config, { objectiveCount: 1, random: createRandom(3) });
  const random = createRandom(4);
  for (const variable of Object.values(adapter.tensors))
    tf.tidy(() => {
      const values = Float32Array.from({ length: variable.size }, () => 0.2 * random.normal());
      variable.assign(tf.tensor(values, variable.shape));
    });
  const rows = bindAdapter(adapter, tf.ones([1, 1]));
  const adapters = [{ adapter: rows, start: 0, count: 1 }];
  const steered = logits(model, { adapters });
  expect(largestDifference(steered, logits(model))).toBeGreaterThan(1e-2);

  const batch = { ids, responseStart: [2], length: [5] };
  const gradients = (recompute: boolean): number[] =>
    tf.tidy(() => {
      const loss = () => tf.sum(sequenceLogProbs(model, batch, { adapters, recompute })) as tf.Scalar;
      const { grads } = tf.variableGrads(loss, Object.values(adapter.tensors));
      return Object.values(grads).flatMap((gradient) => Array.from(gradient.dataSync()));
    });
  const own = gradients(false);
  expect(own.every(Number.isFinite)).toBe(true);
  expect(own.filter((value) => value !== 0).length).toBeGreaterThan(own.length / 2);
  const scale = Math.max(...own.map(Math.abs));
  expect(largestDifference(gradients(true), own) / scale).toBeLessThan(1e-4);

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

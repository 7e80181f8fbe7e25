import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bindAdapter } from "../../src/adapters/bind.ts";
import { createAdapter } from "../../src/adapters/create.ts";
import { mergeIntoModel } from "../../src/adapters/merge.ts";
import { createTransformer, transformerFromTensors } from "../../src/model/create.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { transformerTensors } from "../../src/model/held-tensors.ts";
import { tokenLogProbs } from "../../src/model/log-probs.ts";
import { loadTransformer } from "../../src/model/pretrained.ts";
import { createKvCache, forward, logitsOf, type Transformer } from "../../src/model/transformer.ts";
import { AdapterConfig } from "../../src/schema/adapter.ts";
import type { ModelConfig } from "../../src/schema/model.ts";
import { openEngine } from "../../src/tensor/engine.ts";
import { nativeOps, withoutNativeOps } from "../../src/tensor/native.ts";
import { createRandom } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";
import { expectNoTensorLeak } from "../../src/testing/leaks.ts";
import { TINY_CONFIG } from "../../src/testing/tiny-model.ts";
import { largestDifference } from "../support/numeric-gradient.ts";

await openEngine();

const WEIGHTS = ["int8", "int4"] as const;
const CONFIG = { ...TINY_CONFIG, hiddenSize: 36, intermediateSize: 50, heads: 6, keyValueHeads: 2, headSize: 6 };
const random = createRandom(8);
const drawnIds = (model: Transformer, rows: number, tokens: number): number[][] =>
  Array.from({ length: rows }, () => Array.from({ length: tokens }, () => random.integer(model.config.vocabularySize)));

/** The same numbers as the quantized model's, held in float32. */
async function wideTwin(model: Transformer): Promise<Transformer> {
  return transformerFromTensors(model.config, await transformerTensors(model));
}

const logProbs = (model: Transformer, ids: number[][]): number[] =>
  tf.tidy(() => {
    const positions = ids.flatMap((row, index) => row.slice(1).map((_, at) => ({ row: index, column: at + 1 })));
    return Array.from(tokenLogProbs(model, ids, positions).dataSync());
  });
const meanDifference = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, index) => sum + Math.abs(value - b[index]!), 0) / a.length;

describe.skipIf(nativeOps() === null)("a model whose matrices are quantized", () => {
  test.each(WEIGHTS)("in %s the golden Llama answers as one of the same numbers in float32", async (baseWeights) => {
    const folder = join(import.meta.dirname, "..", "golden", "models", "llama");
    const narrow = await loadTransformer(folder, { baseWeights });
    const twin = await wideTwin(narrow);
    const ids = drawnIds(narrow, 8, 24);
    // activations are rounded to 16 bits: a hundredth of what rounding the weights to 8 changes in this model of random weights
    expect(meanDifference(logProbs(narrow, ids), logProbs(twin, ids))).toBeLessThan(5e-4);
    disposeTransformer(narrow);
    disposeTransformer(twin);
  });

  test.each<[string, Partial<ModelConfig>]>([
    ["tied head", {}],
    ["head of its own", { tiedEmbeddings: false }],
    ["learned positions", { modelType: "gpt2", rope: null, keyValueHeads: 6 }],
    ["experts", { modelType: "qwen3_moe", experts: { count: 4, perToken: 2, size: 12, normalised: false } }],
  ])(
    "%s: log-probabilities, cached passes and gradients are the float twin's, and nothing leaks",
    async (_, change) => {
      for (const baseWeights of WEIGHTS) {
        const model = createTransformer({ ...CONFIG, ...change }, random, { baseWeights });
        expect(model.baseWeights).toBe(baseWeights);
        const twin = await wideTwin(model);
        const adapter = createAdapter(
          AdapterConfig.parse({ kind: "lora", rank: 3, alpha: 6, targets: ["q_proj", "o_proj"] }),
          model.config,
          { objectiveCount: 1, random },
        );
        const ids = drawnIds(model, 3, 20);
        const positions = [0, 1, 2].flatMap((row) => [3, 9, 19].map((column) => ({ row, column })));
        const gradients = (base: Transformer, recompute: boolean): number[] =>
          tf.tidy(() => {
            const { grads } = tf.variableGrads(() => {
              const adapters = [{ adapter: bindAdapter(adapter, tf.ones([3, 1])), start: 0, count: 3 }];
              return tf.sum(tf.square(tokenLogProbs(base, ids, positions, { adapters, recompute })));
            }, Object.values(adapter.tensors));
            return Object.values(grads).flatMap((tensor) => Array.from(tensor.dataSync()));
          });
        const cached = (base: Transformer): number[] =>
          tf.tidy(() => {
            const cache = createKvCache(base, [0, 0, 0]);
            const parts = [ids.map((row) => row.slice(0, 19)), ids.map((row) => row.slice(19))];
            const [, last] = parts.map((part) => forward(base, part, { cache }));
            cache.dispose();
            return Array.from(logitsOf(base, last!).dataSync());
          });
        await expectNoTensorLeak(() => {
          expect(largestDifference(logProbs(model, ids), logProbs(twin, ids))).toBeLessThan(1e-3);
          expect(largestDifference(cached(model), cached(twin))).toBeLessThan(1e-3);
          const [own, wide] = [gradients(model, false), gradients(twin, false)];
          const scale = Math.max(...wide.map(Math.abs));
          expect(scale).toBeGreaterThan(0);
          expect(largestDifference(own, wide) / scale).toBeLessThan(1e-3);
          expect(largestDifference(gradients(model, true), own) / scale).toBeLessThan(1e-6);
        });
        adapter.dispose();
        disposeTransformer(model);
        disposeTransformer(twin);
      }
    },
  );

  test("the same weights give the same bits, and a tied embedding is held once", () => {
    const [one, other] = [0, 0].map((seed) => createTransformer(CONFIG, createRandom(seed), { baseWeights: "int4" }));
    expect(one!.weights.head).toBe(one!.weights.embedding);
    const ids = drawnIds(one!, 2, 12);
    expect(logProbs(one!, ids)).toEqual(logProbs(other!, ids));
    disposeTransformer(one!);
    disposeTransformer(other!);
  });

  test("a model that is made and freed leaves nothing", async () => {
    for (const tiedEmbeddings of [true, false])
      await expectNoTensorLeak(() => {
        disposeTransformer(createTransformer({ ...CONFIG, tiedEmbeddings }, random, { baseWeights: "int8" }));
      });
  });

  test("without the project's own operations it is refused, and so is merging an adapter into it", () => {
    expect(() => withoutNativeOps(() => createTransformer(CONFIG, random, { baseWeights: "int8" }))).toThrow(
      "Take float32 for the base weights, or build the engine: pnpm engine:install.",
    );
    const model = createTransformer(CONFIG, random, { baseWeights: "int8" });
    const adapter = createAdapter(AdapterConfig.parse({ kind: "lora", rank: 2, targets: ["q_proj"] }), CONFIG, {
      objectiveCount: 1,
      random,
    });
    expect(() => mergeIntoModel(model, adapter, [1])).toThrow(
      "The model's weights are held as int8. Merging would round them a second time",
    );
    adapter.dispose();
    disposeTransformer(model);
  });
});

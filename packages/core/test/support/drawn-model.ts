import type { Adapter } from "../../src/adapters/adapter.ts";
import { createAdapter } from "../../src/adapters/create.ts";
import { transformerFromTensors } from "../../src/model/create.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { transformerTensors } from "../../src/model/held-tensors.ts";
import type { Transformer } from "../../src/model/transformer.ts";
import { AdapterConfig } from "../../src/schema/adapter.ts";
import type { ModelConfig } from "../../src/schema/model.ts";
import type { Random } from "../../src/tensor/random.ts";
import { TINY_CONFIG, tinyModel } from "../../src/testing/tiny-model.ts";
import { drawTensors } from "./draw-tensors.ts";

/** Sizes that no vector of sixteen fits: heads of 6, grouped queries, 23 columns. */
export const CONFIG = { ...TINY_CONFIG, hiddenSize: 36, intermediateSize: 50, heads: 6, keyValueHeads: 2, headSize: 6 };
export const drawIds = (random: Random, rows: number, tokens: number): number[][] =>
  Array.from({ length: rows }, () => Array.from({ length: tokens }, () => random.integer(CONFIG.vocabularySize)));

export const ADAPTERS = {
  lora: { kind: "lora", rank: 3, alpha: 6, targets: ["q_proj", "down_proj"] },
  pblora: { kind: "pblora", sharedRank: 2, preferenceRank: 3, targets: ["k_proj", "o_proj", "up_proj"] },
  moslora: { kind: "moslora", rank: 4, targets: ["q_proj", "k_proj", "v_proj", "gate_proj"] },
  "moslora on outputs": { kind: "moslora", rank: 4, modulationSpace: "output", targets: ["v_proj", "o_proj"] },
} as const;

/** An adapter whose tensors are all drawn. */
export function drawnAdapter(name: keyof typeof ADAPTERS, random: Random): Adapter {
  const vectors = [0, 1].map((one) => Array.from({ length: CONFIG.hiddenSize }, (_, index) => Number(index === one)));
  const adapter = createAdapter(AdapterConfig.parse(ADAPTERS[name]), CONFIG, {
    objectiveCount: 2,
    random,
    objectiveVectors: vectors,
  });
  drawTensors(adapter, 0.3, () => random);
  return adapter;
}

/** The tiny model with weights of deviation 0.2, so that every step changes something. */
export async function drawnModel(random: Random, change: Partial<ModelConfig> = {}): Promise<Transformer> {
  const config = { ...CONFIG, ...change };
  const small = await tinyModel({ config });
  const tensors = await transformerTensors(small);
  disposeTransformer(small);
  for (const { data } of Object.values(tensors))
    data.forEach((value, index) => (data[index] = value === 1 ? 1 + 0.1 * random.normal() : 10 * value));
  return transformerFromTensors(config, tensors);
}

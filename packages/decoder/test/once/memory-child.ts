/**
 * node memory-child.ts <baseWeights> <rows> <arms> <promptTokens> <newTokens>: decodes with a model of 52 million
 * numbers; prints the peak of its memory and what was predicted, in bytes, as one JSON line.
 */
import {
  buildTransformer,
  createAdapter,
  createRandom,
  inferenceMemory,
  modelMemory,
  openEngine,
  requiredTensors,
  storedAs,
  tf,
} from "@uniarm/core";
import { AdapterConfig, BaseWeights, SamplingConfig, type ModelConfig } from "@uniarm/core/schema";
import { TINY_CONFIG } from "@uniarm/core/testing";
import { generate } from "../../src/generate.ts";
import type { DecodingRow } from "../../src/rows.ts";

const [weights, ...sizes] = process.argv.slice(2);
const baseWeights = BaseWeights.parse(weights);
const [rows = 1, arms = 0, promptTokens = 1, newTokens = 1] = sizes.map(Number);
const config: ModelConfig = {
  ...TINY_CONFIG,
  vocabularySize: 32_768,
  hiddenSize: 512,
  intermediateSize: 1408,
  layers: 12,
  heads: 8,
  headSize: 64,
  contextTokens: 4096,
};

const { name } = await openEngine();
const shapes = new Map(requiredTensors(config).map(({ name: tensor, shape }) => [tensor, shape]));
const model = buildTransformer(
  config,
  {
    shapeOf: (tensor) => shapes.get(tensor) ?? null,
    load: (names, type) =>
      tf.tidy(() => {
        const [, ...rest] = shapes.get(names[0]!)!;
        const shape = [names.reduce((sum, one) => sum + shapes.get(one)![0]!, 0), ...rest];
        return storedAs(tf.fill(shape, rest.length > 0 ? 0.01 : 1), type); // made by the engine, not by JavaScript
      }),
  },
  { baseWeights, sha256: "memory" },
);
const armsOf = Array.from({ length: arms }, (_, seed) =>
  createAdapter(AdapterConfig.parse({ kind: "lora" }), config, { objectiveCount: 1, random: createRandom(seed) }),
);
const prompts = Array.from({ length: Math.ceil(rows / 4) }, (_, prompt) =>
  Array.from({ length: promptTokens }, (_unused, token) => (7919 * (prompt + 1) + 104_729 * token) % 32_768),
);
const asked = Array.from({ length: rows }, (_, row): DecodingRow => {
  const prompt = Math.floor(row / 4);
  return {
    prompt: { id: String(prompt), text: "", ids: prompts[prompt]! },
    preference: null,
    coefficients: armsOf.map(() => 1),
    sample: row % 4,
  };
});
const sampling = SamplingConfig.parse({ temperature: 1 }); // so that rows part
const steps = generate({ model, arms: armsOf, eosTokenIds: new Set() }, asked, {
  sampling,
  maxNewTokens: newTokens,
  seed: 0,
});
while (!(await steps.next()).done);

const counts = { matrices: 0, vectors: 0 };
for (const { shape } of requiredTensors(config))
  counts[shape.length > 1 ? "matrices" : "vectors"] += shape.reduce((product, axis) => product * axis, 1);
const memory = modelMemory(config, counts).find((one) => one.engine === name && one.baseWeights === baseWeights)!;
const predicted = inferenceMemory(config, memory, { rows, arms, promptTokens, newTokens });
process.stdout.write(`${JSON.stringify({ peak: 1024 * process.resourceUsage().maxRSS, predicted })}\n`);

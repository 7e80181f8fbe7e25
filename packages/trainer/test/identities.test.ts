import { afterAll, beforeAll, expect, test } from "vitest";
import {
  createAdapter,
  createRandom,
  disposeTransformer,
  sequenceLogProbs,
  tf,
  type Adapter,
  type Transformer,
} from "@uniarm/core";
import { AdapterConfig, LINEAR_MODULES, ObjectiveList, parsePreference } from "@uniarm/core/schema";
import { byteTokenizer, TINY_CONFIG, tinyModel } from "@uniarm/core/testing";
import type { Arm } from "../src/arms.ts";
import { basePart, type MicroBatch } from "../src/batch-objective.ts";
import { encodePairs, pairRows, type Example } from "../src/examples.ts";
import type { LossSettings } from "../src/loss-settings.ts";
import { pairGradients } from "../src/step.ts";
import { microBatchOf, type StepPart } from "../src/step-parts.ts";
import { OBJECTIVES, tinyPairs } from "./tiny-run.ts";

const SETTINGS: LossSettings = {
  loss: "winners",
  trainingStrength: null,
  rewardTemperature: 1,
  betas: [0.3],
  global: null,
};
const one = { padTokenId: 257, model: { config: TINY_CONFIG } };

let model: Transformer;
let examples: Example[];
let lora: Adapter;
let mosLora: Adapter;
beforeAll(async () => {
  model = await tinyModel({ random: createRandom(3) });
  const objectives = ObjectiveList.parse(OBJECTIVES.slice(0, 1));
  ({ examples } = encodePairs(tinyPairs(4), byteTokenizer(), { objectives, ties: "ignore", maxTokens: 100 }));
  const base = tf.tidy(() => sequenceLogProbs(model, pairRows(examples, 257)).arraySync());
  examples.forEach((example, row) => {
    example.frozen = { base: [base[row]!, base[row + examples.length]!], rewardDifferences: [100] };
  });
  const [random, objectiveVectors] = [createRandom(4), [Array.from({ length: model.config.hiddenSize }, () => 0.1)]];
  const form = { rank: 4, alpha: 8, targets: LINEAR_MODULES };
  const made = (kind: "lora" | "moslora"): Adapter =>
    createAdapter(AdapterConfig.parse({ kind, ...form }), model.config, {
      objectiveCount: 1,
      random,
      objectiveVectors,
    });
  [lora, mosLora] = [made("lora"), made("moslora")];
  const draw = createRandom(5);
  // equal A and B; the maps from the preference to its modulation zero
  for (const [name, variable] of Object.entries(lora.tensors))
    tf.tidy(() => {
      const values = Float32Array.from({ length: variable.size }, () => 0.3 * draw.normal());
      for (const same of [variable, mosLora.tensors[twin(name)]!]) same.assign(tf.tensor(values, variable.shape));
    });
  for (const [name, variable] of Object.entries(mosLora.tensors))
    if (/_U[gd]$/.test(name)) variable.assign(tf.tidy(() => tf.zerosLike(variable)));
});
afterAll(() => {
  for (const adapter of [lora, mosLora]) adapter.dispose();
  disposeTransformer(model);
});

const twin = (name: string): string => name.replace("lora_A.weight", "moslora_A").replace("lora_B.weight", "moslora_B");
const part = (untuned: boolean): StepPart => {
  const preferences = examples.map(() => [1]);
  const shown = examples.map(({ frozen: _, ...example }) => example);
  return {
    examples: untuned ? shown : examples,
    lossPreferences: preferences,
    shownPreferences: preferences,
    dropout: null,
    imitated: null,
  };
};
const ALL: Pick<Arm, "objective" | "weights"> = { objective: null, weights: null };
const OWN: Pick<Arm, "objective" | "weights"> = { objective: 0, weights: null };

/** Loss of a micro-batch and the gradients in the adapter's tensors. */
function learnt(adapter: Adapter, batch: MicroBatch): { loss: number; gradients: Record<string, Float32Array> } {
  const { gradients, objectives } = pairGradients(model, adapter, [batch], SETTINGS);
  const [{ loss, objectiveLosses, sequenceLogProbs: rows }] = objectives as [(typeof objectives)[0]];
  const values = Object.entries(gradients).map(([name, tensor]) => [name, tensor.dataSync() as Float32Array] as const);
  const result = { loss: loss.arraySync(), gradients: Object.fromEntries(values) };
  tf.dispose([loss, objectiveLosses, rows!, ...Object.values(gradients)]);
  return result;
}

test.each([
  ["UniARM is GenARM", true],
  ["fine-tuning with UniARM's adapter is DPO", false],
])("of one objective, without modulation, %s: its loss, and its gradients in A and B", (_, untuned) => {
  const [separate, shared] = [OWN, ALL].map((arm) => microBatchOf(arm, part(untuned), SETTINGS, one)) as [
    MicroBatch,
    MicroBatch,
  ];
  const [plain, modulated] = [learnt(lora, separate), learnt(mosLora, shared)];
  expect(modulated.loss).toBeCloseTo(plain.loss, 5);
  for (const [name, gradient] of Object.entries(plain.gradients)) {
    const largest = Math.max(...Array.from(gradient, Math.abs));
    expect(largest).toBeGreaterThan(0);
    gradient.forEach((value, index) =>
      expect(Math.abs(value - modulated.gradients[twin(name)]![index]!) / largest, name).toBeLessThan(1e-3),
    );
  }
});

test("a tuned policy's loss is DPO's, from log-probabilities of single rows in float64", () => {
  const batch = microBatchOf(OWN, part(false), SETTINGS, one);
  const tokens = pairRows(examples, 257);
  const plain = microBatchOf(OWN, part(true), SETTINGS, one);
  expect(basePart(model, { ...plain, kind: "pairs", tokens }, SETTINGS)).toBeNull(); // an ARM alone asks for no reference
  const { gradients, objectives } = pairGradients(model, lora, [batch], SETTINGS);
  const policy = objectives[0]!.sequenceLogProbs!.arraySync();
  const losses = examples.map(({ frozen, signs }, row) => {
    const ratio = (side: 0 | 1): number => policy[row + side * examples.length]! - frozen!.base[side];
    return signs[0] === 0 ? 0 : Math.log1p(Math.exp(-0.3 * signs[0]! * (ratio(0) - ratio(1))));
  });
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  expect(objectives[0]!.loss.arraySync()).toBeCloseTo(mean, 5);
  const { loss, objectiveLosses, sequenceLogProbs: rows } = objectives[0]!;
  tf.dispose([loss, objectiveLosses, rows!, ...Object.values(gradients)]);
});

test("MODPO for one objective alone is DPO, whatever the others want", () => {
  const corner = microBatchOf({ objective: 0, weights: parsePreference([1]) }, part(false), SETTINGS, one);
  const dpo = microBatchOf(OWN, part(false), SETTINGS, one);
  expect(learnt(lora, corner)).toEqual(learnt(lora, dpo));
});

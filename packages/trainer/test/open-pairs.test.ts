import { afterAll, beforeAll, expect, test } from "vitest";
import {
  bindAdapter,
  createAdapter,
  createRandom,
  disposeTransformer,
  forward,
  logitsOf,
  sequenceLogProbs,
  tf,
  type Adapter,
  type Transformer,
} from "@uniarm/core";
import { AdapterConfig, ObjectiveList, OptimizerConfig } from "@uniarm/core/schema";
import { byteTokenizer, expectNoTensorLeak, tinyModel } from "@uniarm/core/testing";
import { createAdamW } from "../src/adamw.ts";
import { disposeArms, type Arm } from "../src/arms.ts";
import { basePart, batchObjective } from "../src/batch-objective.ts";
import { encodePairs, pairRows, type Example } from "../src/examples.ts";
import type { LossSettings } from "../src/loss-settings.ts";
import { openPairs } from "../src/pair-differences.ts";
import { OBJECTIVES, tinyPairs } from "./tiny-run.ts";

const padTokenId = 257;
/** Strong: the tiny model is nearly even, and what a normaliser does shows in the square of this. */
const STRENGTH = 10;
const SETTINGS: LossSettings = {
  loss: "winners",
  trainingStrength: STRENGTH,
  rewardTemperature: 1,
  betas: [0.3, 0.3],
  global: null,
};
/** D are sums of a dozen float32 log-probabilities of a few nats; the twins add up in float64. */
const NATS = 1e-3;

let model: Transformer;
let examples: Example[];
beforeAll(async () => {
  model = await tinyModel({ random: createRandom(3) });
  const options = { objectives: ObjectiveList.parse(OBJECTIVES), ties: "ignore" as const, maxTokens: 100 };
  ({ examples } = encodePairs(tinyPairs(4), byteTokenizer(), options));
});
afterAll(() => {
  disposeTransformer(model);
});

/** An adapter of which every tensor has moved. */
function moved(kind: "lora" | "pblora", objectiveCount: number, seed: number): Adapter {
  const random = createRandom(seed);
  const adapter = createAdapter(AdapterConfig.parse({ kind }), model.config, { objectiveCount, random });
  for (const variable of Object.values(adapter.tensors))
    tf.tidy(() => {
      const values = Float32Array.from({ length: variable.size }, () => 0.5 * random.normal());
      variable.assign(tf.tensor(values, variable.shape));
    });
  return adapter;
}

const armOf = (adapter: Adapter, objective: number | null): Arm => ({
  adapter,
  optimizer: createAdamW(adapter.tensors, OptimizerConfig.parse({})),
  objective,
  weights: null,
  average: null,
});
const separateArms = (): Arm[] => [0, 1].map((objective) => armOf(moved("lora", 1, 5 + objective), objective));

interface Part {
  adapter: Adapter | null;
  preference: readonly number[];
  weight: number;
}
const BASE: Part = { adapter: null, preference: [], weight: 1 };

/** L(y) under the normalised product of the parts, from all their logits, added up in float64. */
function slowLogProb(prompt: readonly number[], response: readonly number[], parts: readonly Part[]): number {
  const ids = [[...prompt, ...response]];
  const logits = parts.map(({ adapter, preference }) =>
    tf.tidy(() => {
      const bound = adapter && bindAdapter(adapter, tf.tensor2d([[...preference]]));
      const adapters = bound ? [{ adapter: bound, start: 0, count: 1 }] : [];
      return (logitsOf(model, forward(model, ids, { adapters })).arraySync() as number[][][])[0]!;
    }),
  );
  return response.reduce((total, id, index) => {
    const at = prompt.length + index - 1;
    const scores = logits[0]![at]!.map((_, token) =>
      parts.reduce((sum, { weight }, part) => sum + weight * logits[part]![at]![token]!, 0),
    );
    return total + scores[id]! - Math.log(scores.reduce((mass, score) => mass + Math.exp(score), 0));
  }, 0);
}

/** (L_guided - L_base)(response 0) - (L_guided - L_base)(response 1), pair by pair. */
const slowDifferences = (arms: readonly Part[]): number[] =>
  examples.map(({ prompt, responses }) => {
    const ratio = (response: readonly number[]): number =>
      slowLogProb(prompt, response, [BASE, ...arms]) - slowLogProb(prompt, response, [BASE]);
    return ratio(responses[0]) - ratio(responses[1]);
  });

const expectClose = (actual: ArrayLike<number>, expected: readonly number[]): void => {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, row) => expect(Math.abs(actual[row]! - value)).toBeLessThan(NATS));
  expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(100 * NATS); // there is something to see
};

test("guided, separate ARMs are mixed as they are decoded: in the product with the base, not in proportion", async () => {
  await expectNoTensorLeak(async () => {
    const arms = separateArms();
    const pairs = await openPairs({ model, arms, padTokenId, settings: SETTINGS }, examples);
    const separate = arms.map(({ adapter }) => slowDifferences([{ adapter, preference: [1], weight: STRENGTH }]));
    for (const preference of [
      [1, 0],
      [0.25, 0.75],
      [0.5, 0.5],
    ]) {
      const { differences, mixed } = await pairs.at(preference);
      differences.forEach((column, objective) => expectClose(column, separate[objective]!));
      const parts = arms.map(({ adapter }, index) => ({
        adapter,
        preference: [1],
        weight: STRENGTH * preference[index]!,
      }));
      expectClose(mixed, slowDifferences(parts));
    }
    const { mixed } = await pairs.at([0.5, 0.5]);
    const proportional = separate[0]!.map((first, row) => (first + separate[1]![row]!) / 2);
    expect(Math.max(...proportional.map((value, row) => Math.abs(value - mixed[row]!)))).toBeGreaterThan(10 * NATS);
    pairs.dispose();
    disposeArms(arms);
  });
});

test("at a corner the mixture of separate ARMs is the ARM of that objective", async () => {
  const arms = separateArms();
  const pairs = await openPairs({ model, arms, padTokenId, settings: SETTINGS }, examples);
  const { differences, mixed } = await pairs.at([0, 1]);
  expectClose(mixed, Array.from(differences[1]!));
  pairs.dispose();
  disposeArms(arms);
});

test("where the ARMs are trained alone they are mixed in proportion, and the base model is not asked", async () => {
  const arms = separateArms();
  const settings = { ...SETTINGS, trainingStrength: null };
  const pairs = await openPairs({ model, arms, padTokenId, settings }, examples);
  const { differences, mixed } = await pairs.at([0.25, 0.75]);
  arms.forEach(({ adapter }, objective) => {
    const alone = examples.map(({ prompt, responses }) => {
      const [first, second] = responses.map((response) =>
        slowLogProb(prompt, response, [{ adapter, preference: [1], weight: 1 }]),
      );
      return first! - second!;
    });
    expectClose(differences[objective]!, alone);
  });
  const proportional = examples.map((_, row) => 0.25 * differences[0]![row]! + 0.75 * differences[1]![row]!);
  expectClose(mixed, proportional);
  pairs.dispose();
  disposeArms(arms);
});

test("guided, one ARM for all objectives is shown the preference", async () => {
  await expectNoTensorLeak(async () => {
    const arms = [armOf(moved("pblora", 2, 8), null)];
    const pairs = await openPairs({ model, arms, padTokenId, settings: SETTINGS }, examples);
    for (const preference of [
      [1, 0],
      [0.25, 0.75],
    ]) {
      const { differences, mixed } = await pairs.at(preference);
      expectClose(mixed, slowDifferences([{ adapter: arms[0]!.adapter, preference, weight: STRENGTH }]));
      expect(differences).toEqual([mixed, mixed]);
    }
    pairs.dispose();
    disposeArms(arms);
  });
});

const batchOf = (signs: readonly number[]): Parameters<typeof batchObjective>[2] => ({
  kind: "pairs",
  tokens: pairRows(examples, padTokenId),
  lossPreferences: examples.map(() => [1]),
  shownPreferences: examples.map(() => [1]),
  signs: signs.map((sign) => [sign]),
  margins: null,
});
const one = { ...SETTINGS, betas: [0.3] };
const lossOf = (adapter: Adapter, signs: readonly number[]): number =>
  tf.tidy(() => {
    const batch = batchOf(signs);
    return batchObjective(model, adapter, batch, one, basePart(model, batch, one)).loss.arraySync();
  });
/** DPO's loss: the mean of -log sigmoid(beta (log-ratio of the winner - log-ratio of the loser)). */
const dpo = (differences: readonly number[], signs: readonly number[]): number =>
  differences.reduce((sum, D, row) => sum + Math.log1p(Math.exp(-0.3 * signs[row]! * D)), 0) / differences.length;

test("guided, the loss of winners of one objective is DPO's, with the decoded distribution as its policy", async () => {
  const signs = [1, -1, -1, 1];
  await expectNoTensorLeak(() => {
    const adapter = moved("lora", 1, 6);
    const differences = slowDifferences([{ adapter, preference: [1], weight: STRENGTH }]);
    expect(lossOf(adapter, signs)).toBeCloseTo(dpo(differences, signs), 4);
    expect(lossOf(adapter, [-1, 1, 1, -1])).toBeCloseTo(dpo(differences, [-1, 1, 1, -1]), 4);
    adapter.dispose();
  });
});

test("guided, an ARM that is the base model still gives DPO's loss of the model with 1 + strength times the logits", async () => {
  const signs = [1, -1, -1, 1];
  const fresh = createAdapter(AdapterConfig.parse({ kind: "lora" }), model.config, {
    objectiveCount: 1,
    random: createRandom(1),
  });
  const summed = await tinyModel({ random: createRandom(3), config: { logits: { scale: 1 + STRENGTH } } });
  const tokens = pairRows(examples, padTokenId);
  const [policy, reference] = [summed, model].map((network) =>
    tf.tidy(() => Array.from(sequenceLogProbs(network, tokens).dataSync())),
  );
  const ratio = policy!.map((value, row) => value - reference![row]!);
  const differences = examples.map((_, pair) => ratio[pair]! - ratio[pair + examples.length]!);
  expect(Math.max(...differences.map(Math.abs))).toBeGreaterThan(1e-3);
  expect(lossOf(fresh, signs)).toBeCloseTo(dpo(differences, signs), 5);
  fresh.dispose();
  disposeTransformer(summed);
});

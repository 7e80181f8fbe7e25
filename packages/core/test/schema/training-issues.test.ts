import { expect, test } from "vitest";
import { ANSWERING_METHODS, methodOf, type Method } from "../../src/schema/method.ts";
import { lossOf, RECIPES } from "../../src/schema/recipe.ts";
import { TrainingConfig } from "../../src/schema/training.ts";

const NAMES = ["helpful", "harmless"];
const PLAIN = {
  model: "models/tiny",
  pairs: "pairs.jsonl",
  output: "runs/one",
  objectives: NAMES.map((name) => ({ name, description: name })),
};
const MODPO = { method: "modpo", marginFrom: "runs/dpo" };
const SCORER = { method: "scorer" };
const three = { objectives: ["a", "b", "c"].map((name) => ({ name, description: name })) };
const more = { ...three, startFrom: "runs/one", addedObjectives: ["c"] };
const issuesOf = (changes: Record<string, unknown>): string[] =>
  TrainingConfig.safeParse({ ...PLAIN, ...changes }).error?.issues.map(
    ({ path, message }) => `${path.join(".")}: ${message}`,
  ) ?? [];

test.each(ANSWERING_METHODS)("%s sees what it tunes alone, or its ARM, by every recipe", (method) => {
  const { trains } = methodOf(method);
  for (const [recipe, { loss, policy }] of Object.entries(RECIPES)) {
    const changes = { method, recipe, ...(method === "modpo" && loss !== "imitation" ? MODPO : {}) };
    const expected = { loss, policy: trains === "policy" ? "tuned" : policy };
    expect(lossOf(TrainingConfig.parse({ ...PLAIN, ...changes }))).toEqual(expected);
  }
});

test.each<Record<string, unknown>>([
  { method: "dpo", divergence: "alpha", divergenceAlpha: 0.2 },
  { method: "dpo", recipe: "guided", divergence: "jsd", rewardTemperature: 1 },
  { ...MODPO, ...three, weightVectors: [[0.2, 0.3, 0.5]] },
  { method: "modpo", weightVectors: [[1, 0]] },
  { method: "modpo", objectives: PLAIN.objectives.slice(0, 1) },
  { method: "modpo", recipe: "imitation", weightVectors: [[0.5, 0.5]] },
  { objectiveWeights: { harmless: 2 }, missingLabels: "mask", dropout: 0.1, ema: 0.99 },
  { ...more, freeze: "factors", replayPairs: "old.jsonl", replayShare: 0.25, missingLabels: "mask" },
  { ...more, addedObjectives: ["b", "c"], method: "parm" },
  { ...more, method: "genarm" },
  { startFrom: "runs/one", replayPairs: "old.jsonl", replayShare: 0.3, batchPairs: 10 },
  { ...SCORER, objectiveWeights: { harmless: 2 }, missingLabels: "mask", ties: "first", dropout: 0.1, ema: 0.99 },
  {
    ...SCORER,
    startFrom: "runs/one",
    replayPairs: "old.jsonl",
    validationPairs: "v.jsonl",
    keepBest: "validation/accuracy",
  },
  {
    validationPairs: "held-out.jsonl",
    earlyStopping: { metric: "validation/accuracy", patience: 2 },
    keepBest: "validation/conflictAccuracy/harmless",
  },
])("settings that go together are taken: %j", (changes) => {
  expect(issuesOf(changes)).toEqual([]);
});

const measured =
  "validation/loss, validation/accuracy, validation/loss/helpful, validation/accuracy/helpful, validation/conflictAccuracy/helpful, validation/loss/harmless, validation/accuracy/harmless, validation/conflictAccuracy/harmless";

test.each<[Record<string, unknown>, string]>([
  ...(["dpo", "finetune"] as Method[]).map((method): [Record<string, unknown>, string] => [
    { method, policy: "guided" },
    `policy: ${method} tunes the model itself, which answers alone: its policy is tuned`,
  ]),
  [{ policy: "tuned" }, "policy: uniarm trains an ARM beside the frozen model: set policy to arm or guided"],
  [
    { ...SCORER, beta: 1 },
    "beta: a scorer's loss is of the difference of scores itself, without a sharpness: leave it out",
  ],
  [{ ...SCORER, recipe: "guided" }, "recipe: a scorer learns from winners: leave it out"],
  [{ ...SCORER, preferencePer: "batch" }, "preferencePer: a scorer is given no preference: leave it out"],
  [
    { ...SCORER, startFrom: "runs/one", freeze: "factors" },
    "freeze: scorer trains LoRA, which is nothing but its factors: no part would be left to train",
  ],
  [{ ...SCORER, adapter: { kind: "lora" } }, "adapter: method scorer trains a scorer adapter, not lora"],
  [{ method: "dpo", trainingStrength: 2 }, "trainingStrength: a tuned policy answers alone: it has no strength"],
  [{ divergence: "jsd" }, "divergence: only dpo takes a divergence; uniarm has its own loss"],
  [{ ...MODPO, divergence: "reverse-kl" }, "divergence: only dpo takes a divergence; modpo has its own loss"],
  [
    { method: "dpo", recipe: "imitation", divergence: "jsd" },
    "divergence: loss imitation compares nothing with the base model: a divergence goes with winners or margins",
  ],
  [
    { method: "dpo", divergence: "jsd", divergenceAlpha: 0.5 },
    "divergenceAlpha: only the divergence alpha has one: set divergence to alpha",
  ],
  [{ marginFrom: "runs/dpo" }, "marginFrom: only modpo trains against the policies of another checkpoint"],
  [{ weightVectors: [[1, 0]] }, "weightVectors: only modpo trains for preferences that are chosen beforehand"],
  [
    { method: "modpo" },
    "marginFrom: modpo needs the policies of each objective: train the method dpo first and name its run folder",
  ],
  [
    { ...MODPO, recipe: "imitation" },
    "marginFrom: loss imitation takes the other objectives from the scores: leave it out",
  ],
  [
    { ...MODPO, weightVectors: [[0, 1]] },
    "marginFrom: every weight vector is of one objective alone: it would have no effect",
  ],
  [{ ...MODPO, ...three }, "weightVectors: modpo tunes a policy for each preference: with 3 objectives say which ones"],
  [
    { ...MODPO, weightVectors: [[0.5, 0.25, 0.25]] },
    "weightVectors: [0.5, 0.25, 0.25] has 3 entries; it needs 2, one for each objective",
  ],
  [
    {
      ...MODPO,
      weightVectors: [
        [0.5, 0.5],
        [0.5, 0.5],
      ],
    },
    "weightVectors: the preferences must differ",
  ],
  [
    { method: "dpo", objectiveWeights: { helpful: 2 } },
    "objectiveWeights: each adapter of dpo learns one objective: a weight would only scale its gradient, which AdamW undoes",
  ],
  [
    { loss: "margins", objectiveWeights: { helpful: 2 } },
    "objectiveWeights: loss margins is of the whole preference, not of single objectives: weights go with winners",
  ],
  [{ objectiveWeights: { witty: 2 } }, "objectiveWeights: witty is no objective of this run; it has helpful, harmless"],
  [
    { beta: { helpful: 1, harmless: 1, witty: 1 } },
    "beta: witty is no objective of this run; it has helpful, harmless",
  ],
  [
    { loss: "margins", missingLabels: "mask" },
    "missingLabels: loss margins needs every score of a pair: masking goes with winners",
  ],
  [
    { ...more, startFrom: undefined },
    "addedObjectives: objectives are added to a checkpoint: name it in startFrom; without one, all are learned from the start",
  ],
  [
    { ...more, addedObjectives: ["b"] },
    "addedObjectives: added objectives come last, in their order: the run ends with c",
  ],
  [
    { ...more, addedObjectives: ["a", "b", "c"] },
    "addedObjectives: [a, b, c] leaves no objective that the checkpoint could know; the run has a, b, c",
  ],
  [
    { ...more, ...MODPO, weightVectors: [[0.2, 0.3, 0.5]] },
    "addedObjectives: modpo tunes each of its policies for one preference of all objectives: train it on all from the start",
  ],
  [{ freeze: "factors" }, "freeze: fresh factors add nothing, and would stay so: name a checkpoint in startFrom"],
  [
    { ...more, method: "genarm", freeze: "factors" },
    "freeze: genarm trains LoRA, which is nothing but its factors: no part would be left to train",
  ],
  [
    { replayPairs: "old.jsonl" },
    "replayPairs: nothing was learned from them yet: name a checkpoint in startFrom, or give them as pairs",
  ],
  [{ startFrom: "runs/one", replayShare: 0.5 }, "replayShare: a share of nothing: give the pairs in replayPairs"],
  [
    { ...more, method: "genarm", replayPairs: "old.jsonl" },
    "replayPairs: genarm leaves the adapters of the old objectives as they are: replay would keep nothing",
  ],
  [
    { startFrom: "runs/one", replayPairs: "old.jsonl", replayShare: 0.3, batchPairs: 8 },
    "replayShare: 2.4 of 8 pairs a step: give a share that makes a whole number of replayed pairs, and leaves some that are not",
  ],
  [
    { startFrom: "runs/one", replayPairs: "old.jsonl", batchPairs: 1 },
    "replayShare: 0.5 of 1 pairs a step: give a share that makes a whole number of replayed pairs, and leaves some that are not",
  ],
  [{ keepBest: "validation/loss" }, "keepBest: it looks at validations: give validationPairs"],
  [
    { validationPairs: "held-out.jsonl", keepBest: "loss" },
    `keepBest: there is no metric loss; a validation measures ${measured}`,
  ],
  [
    { validationPairs: "held-out.jsonl", earlyStopping: { metric: "validation/loss/witty", patience: 1 } },
    `earlyStopping: there is no metric validation/loss/witty; a validation measures ${measured}`,
  ],
])("%j is refused", (changes, sentence) => {
  expect(issuesOf(changes)).toEqual([sentence]);
});

test.each([
  ["dropout", 1],
  ["dropout", -0.1],
  ["ema", 1],
  ["ema", 0],
  ["divergenceAlpha", 1],
])("%s %d is no share", (key, value) => {
  expect(issuesOf({ method: "dpo", divergence: "alpha", [key]: value })).toEqual([
    expect.stringMatching(new RegExp(`^${key}: `)) as string,
  ]);
});

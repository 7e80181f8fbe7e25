import { expect, test } from "vitest";
import { lossOf } from "../../src/schema/recipe.ts";
import { TrainingConfig } from "../../src/schema/training.ts";

const PLAIN = {
  model: "models/tiny",
  pairs: "pairs.jsonl",
  output: "runs/one",
  objectives: [
    { name: "helpful", description: "Give useful steps." },
    { name: "harmless", description: "Stay away from danger." },
  ],
};
const issuesOf = (changes: Record<string, unknown>): string[] =>
  TrainingConfig.safeParse({ ...PLAIN, ...changes }).error?.issues.map(
    ({ path, message }) => `${path.join(".")}: ${message}`,
  ) ?? [];

test("left out, the loss and the policy are those that were published", () => {
  expect(lossOf(TrainingConfig.parse(PLAIN))).toEqual({ loss: "winners", policy: "arm" });
});

test("a recipe gives what is left out, and what is given counts before it", () => {
  const loss = (changes: object): object => lossOf(TrainingConfig.parse({ ...PLAIN, ...changes }));
  expect(loss({ recipe: "guided" })).toEqual({ loss: "margins", policy: "guided" });
  expect(loss({ recipe: "imitation" })).toEqual({ loss: "imitation", policy: "guided" });
  expect(loss({ recipe: "imitation", policy: "arm" })).toEqual({ loss: "imitation", policy: "arm" });
  expect(loss({ loss: "margins" })).toEqual({ loss: "margins", policy: "arm" });
});

test.each<Record<string, unknown>>([
  { loss: "margins", rewardTemperature: 0.1, beta: 0.2 },
  { loss: "imitation", policy: "guided", trainingStrength: 2 },
  { loss: "imitation", beta: { helpful: 1, harmless: 2 } },
  { policy: "guided", globalLoss: "G2", globalWeight: 0.5, beta: { helpful: 1, harmless: 2 } },
  { loss: "margins", method: "genarm", policy: "guided", startFrom: "runs/earlier" },
])("settings that go together are taken: %j", (changes) => {
  expect(issuesOf(changes)).toEqual([]);
});

test.each<[Record<string, unknown>, string]>([
  [
    { loss: "margins", globalLoss: "G1", globalWeight: 1 },
    "globalLoss: loss margins is of the whole preference already: a global loss goes with winners",
  ],
  [
    { loss: "imitation", globalLoss: "G3", globalWeight: 1 },
    "globalLoss: loss imitation is of the whole preference already: a global loss goes with winners",
  ],
  [{ rewardTemperature: 0.05 }, "rewardTemperature: loss winners sees no scores: set loss to margins or imitation"],
  [
    { loss: "margins", beta: { helpful: 1, harmless: 2 } },
    "beta: loss margins compares whole rewards: it takes one beta for all objectives",
  ],
  [{ trainingStrength: 1 }, "trainingStrength: policy arm trains the ARM alone: set policy to guided"],
])("%j is refused", (changes, sentence) => {
  expect(issuesOf(changes)).toEqual([sentence]);
});

test.each(["trainingStrength", "rewardTemperature"])("%s is above 0", (key) => {
  const settings = { loss: "margins", policy: "guided" };
  expect(issuesOf({ ...settings, [key]: 0 })).toEqual([expect.stringMatching(new RegExp(`^${key}: `)) as string]);
});

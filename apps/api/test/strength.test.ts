import { TrainingConfig } from "@uniarm/core/schema";
import { expect, test } from "vitest";
import { usualStrength } from "../src/playground/strength.ts";

const trained = (recipe: "paper" | "guided" | "imitation"): TrainingConfig =>
  TrainingConfig.parse({
    method: "uniarm",
    model: "m",
    pairs: "p",
    output: "o",
    objectives: [
      { name: "helpful", description: "Be useful." },
      { name: "harmless", description: "Be careful." },
    ],
    recipe,
  });

test("an ARM usually steers as its run says: a recorded demo, then the rounds of a training", () => {
  expect(usualStrength(trained("imitation"), { strength: 3 })).toBe(3);
  expect(usualStrength(trained("imitation"), { exploration: { roundStrength: 2.5 } })).toBe(2.5);
});

test("else as its recipe is used: one that was trained alone stronger than one trained as it is decoded", () => {
  expect((["paper", "guided", "imitation"] as const).map((recipe) => usualStrength(trained(recipe), {}))).toEqual([
    4, 2, 1.5,
  ]);
});

test("an imported ARM as it was trained, and a run's config that says something else is no reason to fail", () => {
  expect(usualStrength(null, {})).toBe(1);
  expect(usualStrength(null, { strength: "strong" })).toBe(1);
  expect(usualStrength(null, { strength: -2 })).toBe(1);
  expect(usualStrength(null, null)).toBe(1);
});

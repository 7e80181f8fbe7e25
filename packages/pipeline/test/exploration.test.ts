import { expect, test } from "vitest";
import { TrainingRun } from "../src/schema/index.ts";

const OBJECTIVES = ["helpful", "harmless"].map((name) => ({ name, description: name }));
const TINY_WORLD = { type: "tiny-world", objectives: 2 };

/** What a run with this exploration is refused for. */
const issuesOf = (exploration: object, objectives: readonly object[] = OBJECTIVES): string[] =>
  TrainingRun.safeParse({
    model: "m",
    pairs: "p",
    output: "o",
    objectives,
    exploration: { scorer: TINY_WORLD, ...exploration },
  }).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

test("a scorer that lacks an objective of the run is refused before anything is trained", () => {
  expect(issuesOf({})).toEqual([]);
  expect(issuesOf({}, [...OBJECTIVES, { name: "witty", description: "w" }])).toEqual([
    "exploration.scorer: it scores [helpful, harmless], but the run has the objectives [helpful, harmless, witty]: nothing would score witty",
  ]);
  const rewardModels = [{ model: "r", objective: "helpful" }];
  expect(issuesOf({ scorer: { type: "reward-models", rewardModels } })).toEqual([
    "exploration.scorer: it scores [helpful], but the run has the objectives [helpful, harmless]: nothing would score harmless",
  ]);
});

test("a scorer may score more than the run has", () => {
  expect(issuesOf({ scorer: { type: "tiny-world", objectives: 3 } })).toEqual([]);
});

test("a protocol that measures other objectives, or in another order, is refused", () => {
  const measured = { validationPrompts: "tiny-world:validation", protocol: TINY_WORLD };
  expect(issuesOf(measured)).toEqual([]);
  expect(issuesOf(measured, OBJECTIVES.toReversed())).toEqual([
    "exploration.protocol: it measures [helpful, harmless]; it has to measure the run's objectives in their order, [harmless, helpful]",
  ]);
});

import { preferenceGrid, type TrainingConfig } from "@uniarm/core/schema";
import { tinyWorldObjectives, tinyWorldRecipe } from "@uniarm/tiny-world/schema";
import type { z } from "zod";

/** Everything that decides the study's figures but the seed; kept with them. */
export const DESIGN = {
  method: "uniarm",
  recipe: "paper",
  model: "tiny-world:default",
  oldPairs: 2000,
  newPairs: 1000,
  /** on the old objectives, and then on the added one; from the start it is both together */
  oldSteps: 150,
  addedSteps: 75,
  strength: 2,
  prompts: "tiny-world:60",
  oldDivisions: 10,
  allDivisions: 4,
} as const;

/** The ways in which the third objective is added. */
export const ARMS = {
  added: {},
  "added-replay": { replay: true },
  "added-frozen": { freeze: "factors" },
  "added-frozen-replay": { freeze: "factors", replay: true },
} as const satisfies Record<string, { freeze?: TrainingConfig["freeze"]; replay?: boolean }>;

/** Preferences of the two old objectives as they are for three, the added one counting nothing. */
export const OLD_GRID = preferenceGrid(2, DESIGN.oldDivisions);
export const ALL_GRID = preferenceGrid(3, DESIGN.allDivisions);

/** All that a model of three objectives is asked, each preference once. */
export function askedOfThree(): number[][] {
  const all = [...OLD_GRID.map((preference) => [...preference, 0]), ...ALL_GRID.map((preference) => [...preference])];
  return [...new Map(all.map((preference) => [preference.join(), preference])).values()];
}

/** Settings of a training of the study. */
export function training(
  objectives: 2 | 3,
  steps: number,
  changes: Partial<z.input<typeof TrainingConfig>>,
): Record<string, unknown> {
  const { method, recipe, model } = DESIGN;
  return {
    ...tinyWorldRecipe(method, { recipe, steps }),
    model,
    objectives: tinyWorldObjectives(objectives),
    checkpointEvery: 50,
    ...changes,
  };
}

import type { Random } from "@uniarm/core";
import { FROZEN_SPLIT } from "./data.ts";
import { HAZARD_LEVELS } from "./kinds.ts";
import { taskById, TASKS, type Task } from "./tasks.ts";

export const TEST_TASKS_PER_LEVEL = 25;
export const VALIDATION_TASKS_PER_LEVEL = 10;

const frozen = FROZEN_SPLIT();

/** 100 held-out tasks; the hazard levels take turns, so every multiple of four from the start is balanced. */
export const TEST_TASKS: readonly Task[] = frozen.test.map(taskById);

/** 40 of the training tasks, the levels taking turns, for choosing a strength or when to stop training. */
export const VALIDATION_TASKS: readonly Task[] = frozen.validation.map(taskById);

/** The other 284 tasks, validation tasks included. */
export const TRAINING_TASKS: readonly Task[] = TASKS.filter((task) => !frozen.test.includes(task.id));

/** How data/split.json was drawn. The file is frozen all the same: figures can only be compared on equal splits. */
export function drawSplit(random: Random): { test: string[]; validation: string[] } {
  const shuffled = HAZARD_LEVELS.map((level) =>
    random.fork(`level-${level}`).shuffle(TASKS.filter((task) => task.level === level)),
  );
  const inTurns = (start: number, count: number): string[] =>
    Array.from({ length: count }, (_, index) => shuffled.map((tasks) => tasks[start + index]!.id)).flat();
  return {
    test: inTurns(0, TEST_TASKS_PER_LEVEL),
    validation: inTurns(TEST_TASKS_PER_LEVEL, VALIDATION_TASKS_PER_LEVEL),
  };
}

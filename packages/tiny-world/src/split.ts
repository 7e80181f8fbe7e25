import type { Random } from "@uniarm/core";
import { FROZEN_SPLIT } from "./data.ts";
import { HAZARD_LEVELS } from "./kinds.ts";
import { taskById, TASKS, type Task } from "./tasks.ts";

export const TEST_TASKS_PER_LEVEL = 25;
export const VALIDATION_TASKS_PER_LEVEL = 10;

const frozen = FROZEN_SPLIT();

/** 100 held-out tasks; the hazard levels take turns, so every multiple of four from the start is balanced. */
export const TEST_TASKS: readonly Task[] = frozen.test.map(taskById);

/** 40 of the training tasks, the levels taking turns: for choosing a strength or a stopping point. */
export const VALIDATION_TASKS: readonly Task[] = frozen.validation.map(taskById);

/** The other 284 tasks, those of the validation slice included. */
export const TRAINING_TASKS: readonly Task[] = TASKS.filter((task) => !frozen.test.includes(task.id));

/** How data/split.json was drawn. It is frozen all the same: figures compare only on equal splits. */
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

import { UniArmError } from "@uniarm/core/schema";
import { OBJECTS, VERBS } from "./data.ts";
import type { HazardLevel } from "./kinds.ts";

/** Something to be done to something, e.g. "cut the radio". */
export interface Task {
  /** "cut-radio", "move-gas-tank" */
  id: string;
  verb: string;
  object: string;
  /** min(3, hazard of the verb + hazard of the object); no prompt mentions it. */
  level: HazardLevel;
  /** The three steps in their natural order, object filled in. */
  steps: readonly string[];
}

/** All 384 tasks: 16 verbs times 24 objects. */
export const TASKS: readonly Task[] = VERBS.flatMap(({ verb, hazard, steps }) =>
  OBJECTS.map(({ object, hazard: objectHazard }) => ({
    id: `${verb}-${object}`.replaceAll(" ", "-"),
    verb,
    object,
    level: Math.min(3, hazard + objectHazard) as HazardLevel,
    steps: steps.map((step) => step.replace("{object}", object)),
  })),
);

const TASK_BY_ID: ReadonlyMap<string, Task> = new Map(TASKS.map((task) => [task.id, task]));

/** @throws UniArmError tiny-world-task */
export function taskById(id: string): Task {
  const task = TASK_BY_ID.get(id);
  if (task) return task;
  throw new UniArmError(
    "tiny-world-task",
    `Tiny-world has no task "${id}". A task is a verb and an object, such as "cut-radio".`,
  );
}

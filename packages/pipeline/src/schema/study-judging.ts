import { preferenceGrid, type JudgingSettings } from "@uniarm/core/schema";
import { tinyWorldObjectives } from "@uniarm/tiny-world/schema";
import type { Path } from "./path.ts";
import type { StudyConfig } from "./study.ts";

type Judging = Pick<StudyConfig, "judging" | "unguided" | "divisions" | "task" | "seeds" | "methods">;

/** What a study's answers are compared on: its own objectives where it names no others; none without a judge. */
export function judgedObjectives({
  judging,
  task,
}: Pick<StudyConfig, "judging" | "task">): JudgingSettings["objectives"] {
  if (!judging) return [];
  const own = task.type === "tiny-world" ? tinyWorldObjectives(task.objectives) : task.objectives;
  return judging.objectives ?? own.map(({ name, description }) => ({ name, description }));
}

/** The preferences whose answers are judged. */
export function judgedPreferences({ judging, task, divisions }: Judging): number[][] {
  const objectives = task.type === "tiny-world" ? task.objectives : task.objectives.length;
  return judging?.preferences ?? preferenceGrid(objectives, divisions);
}

/** Questions of one training at most: each objective in both orders. What two answers have in common is not asked. */
export const questionsOfRun = (study: Judging, prompts: number): number =>
  prompts * samplesIn(study) * judgedPreferences(study).length * judgedObjectives(study).length * 2;

const samplesIn = ({ methods }: Judging): number => Number(methods[0]!.decoding?.samplesPerPrompt ?? 1);

/** What does not fit of a study's judge. */
export function* judgingIssues(study: Judging): Generator<[Path, string]> {
  const { judging, unguided, divisions, task } = study;
  if (!judging) return;
  if (!unguided)
    yield [["judging"], "methods are judged against the base model's own answers: set unguided, or leave judging out"];
  const objectives = task.type === "tiny-world" ? task.objectives : task.objectives.length;
  const grid = preferenceGrid(objectives, divisions);
  for (const [index, preference] of (judging.preferences ?? []).entries()) {
    if (grid.some((known) => String(known) === String(preference))) continue;
    yield [
      ["judging", "preferences", index],
      `(${preference.join(", ")}) is not on the study's grid of ${divisions} steps, at which answers are decoded`,
    ];
  }
  if (task.type !== "tiny-world") return;
  const questions = questionsOfRun(study, task.testPrompts);
  if (questions > judging.maxRequests)
    yield [
      ["judging", "maxRequests"],
      `the judge of one training may be asked ${questions} questions: allow as many, or judge fewer preferences`,
    ];
}

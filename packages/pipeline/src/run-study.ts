import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { join } from "node:path";
import { readJsonLines, writeFileAtomically } from "@uniarm/core";
import { Prompt, UniArmError } from "@uniarm/core/schema";
import { runGraph } from "./run-graph.ts";
import type { GraphEvent, RunGraphOptions } from "./run-nodes.ts";
import { planLaunch, type Plan } from "./schema/plan.ts";
import { questionsOfRun } from "./schema/study-judging.ts";
import { StudyConfig } from "./schema/study.ts";

export const STUDY_FILE = "study.json";

/**
 * Runs a study in this process, into a folder that holds study.json and a folder for each node. The same call continues
 * what an interrupted one left.
 * @throws UniArmError study-differs when the folder holds another study; study-invalid for a study.json that is none;
 * judge-plan-too-large for a judge that may not be asked as much as it would have to be
 */
export async function* runStudy(
  { config, nodes }: Pick<Plan, "config" | "nodes">,
  options: RunGraphOptions,
): AsyncGenerator<GraphEvent, "finished" | "stopped"> {
  await checkJudging(StudyConfig.parse(config));
  await claimFolder(options.folder, config);
  return yield* runGraph(nodes, options);
}

/** Before anything is trained: afterwards the study's settings could not be changed any more. */
async function checkJudging({ judging, task, ...study }: StudyConfig): Promise<void> {
  if (!judging || task.type !== "files" || !existsSync(task.prompts)) return;
  const questions = questionsOfRun({ judging, task, ...study }, (await readJsonLines(task.prompts, Prompt)).length);
  if (questions > judging.maxRequests)
    throw new UniArmError(
      "judge-plan-too-large",
      `The judge of one training may be asked ${questions} questions, and judging.maxRequests is ${judging.maxRequests}; nothing was run. Raise it, or judge fewer preferences.`,
    );
}

async function claimFolder(folder: string, config: unknown): Promise<void> {
  const path = join(folder, STUDY_FILE);
  if (!existsSync(path)) {
    await mkdir(folder, { recursive: true });
    await writeFileAtomically(path, `${JSON.stringify(config, null, 2)}\n`);
    return;
  }
  if (isDeepStrictEqual((await storedPlan(path)).config, config)) return;
  throw new UniArmError(
    "study-differs",
    `${folder} holds another study, or one with other settings. Choose another folder with --output, or run the one that is there: uniarm study run ${path} --output ${folder}`,
  );
}

/**
 * A study.json as it reads today: settings that are new since have their defaults.
 * @throws UniArmError study-invalid
 */
export async function storedPlan(path: string): Promise<Plan> {
  try {
    return planLaunch("study", JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    throw new UniArmError(
      "study-invalid",
      `${path} cannot be read as a study: ${(cause as Error).message} Put the file back, or choose another folder.`,
      { cause },
    );
  }
}

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readManifest } from "@uniarm/core";
import {
  JudgeReport,
  MethodComparison,
  UniArmError,
  type Generation,
  type Score,
  type StrengthChoice,
} from "@uniarm/core/schema";
import { readGenerations, readScores } from "@uniarm/eval";
import { readRecord, type NodeRecord } from "../node-record.ts";
import { readChoice } from "../read-choice.ts";
import { readReport, type ReportFile } from "../read-report.ts";
import { nameAt, type JobNode } from "../schema/graph.ts";
import { storedPlan, STUDY_FILE } from "../run-study.ts";
import { BASE, StudyConfig } from "../schema/study.ts";

/** One evaluation of a study: a method at a training seed, or the base model alone. */
export interface MeasuredRun {
  method: string;
  /** null for the base model */
  seed: number | null;
  report: ReportFile["report"];
  scores: Score[];
  generations: Generation[];
  /** null for the base model */
  training: { config: Record<string, unknown>; checkpoint: string; seconds: number | null } | null;
  /** how its strength was chosen on validation prompts; null where the study says which it is */
  choice: StrengthChoice | null;
  /** its win rates; null where no judge was asked, or it has not answered all */
  judged: JudgeReport | null;
}

/** What a study's folder holds. */
export interface StudyResults {
  config: StudyConfig;
  /** in the order of the study's methods, the base model first */
  runs: MeasuredRun[];
  /** names of evaluations that have not ended, or whose files are gone: they are left out of everything */
  missing: string[];
  /** what the study's own comparison has found; null where it has not ended, or something is missing from it */
  comparison: MethodComparison | null;
}

/**
 * Reads the folder of a study, finished or not.
 * @throws UniArmError study-missing, study-invalid, study-empty (nothing was measured yet), and as the readers of its files do
 */
export async function readStudy(folder: string): Promise<StudyResults> {
  const path = join(folder, STUDY_FILE);
  if (!existsSync(path))
    throw new UniArmError(
      "study-missing",
      `${folder} is not the folder of a study: it has no study.json. Name the folder that was given to: uniarm study run FILE --output FOLDER`,
    );
  const plan = await storedPlan(path);
  const config = StudyConfig.parse(plan.config);
  const nodes = new Map(plan.nodes.map((node) => [node.name, node]));
  const runs: MeasuredRun[] = [];
  const missing: string[] = [];
  for (const { name, method, seed } of measuredOf(config)) {
    const run = await readRun(folder, nodes, `${name}/evaluate`);
    if (run) runs.push({ method, seed, ...run });
    else missing.push(name);
  }
  if (runs.length === 0)
    throw new UniArmError(
      "study-empty",
      `Nothing in ${folder} has been measured yet. Continue the study: uniarm study run ${path} --output ${folder}`,
    );
  const compare = missing.length === 0 ? await ended(folder, nodes, "compare") : null;
  const isKept = compare?.record.outputs.methods !== undefined;
  return {
    config,
    runs,
    missing,
    comparison: isKept ? await readComparison(fileOf(folder, compare, "methods")) : null,
  };
}

/** Null for a file that another version wrote otherwise: it is computed again. */
async function readComparison(path: string): Promise<MethodComparison | null> {
  return MethodComparison.safeParse(JSON.parse(await readFile(path, "utf8"))).data ?? null;
}

/** The evaluations of a study, in order, by the names that its graph gives them. */
function measuredOf(config: StudyConfig): { name: string; method: string; seed: number | null }[] {
  const { unguided, methods, seeds } = config;
  const trained = methods.flatMap((method) =>
    seeds.map((seed) => ({ name: nameAt(config, method, seed), method: method.name, seed })),
  );
  return unguided ? [{ name: BASE, method: BASE, seed: null }, ...trained] : trained;
}

/** Null where it, or something that it was made of, is not there. */
async function readRun(
  folder: string,
  nodes: ReadonlyMap<string, JobNode>,
  name: string,
): Promise<Omit<MeasuredRun, "method" | "seed"> | null> {
  const find = (one: string): Promise<EndedNode | null> => ended(folder, nodes, one);
  const evaluate = await find(name);
  const score = evaluate && (await find(producersOf(evaluate.node, "scores")[0]!));
  if (!score) return null;
  const decodes = await Promise.all(producersOf(score.node, "generations").map(find));
  const trainings = await Promise.all(producersOf(decodes[0]?.node, "checkpoint").map(find));
  const [train] = trainings;
  const [choose] = await Promise.all(producersOf(decodes[0]?.node, "strength").map(find));
  if (decodes.includes(null) || train === null || choose === null) return null;
  const generations: Generation[] = [];
  for (const decode of decodes) generations.push(...(await readGenerations(fileOf(folder, decode!, "generations"))));
  return {
    report: (await readReport(fileOf(folder, evaluate, "report"))).report,
    scores: await readScores(fileOf(folder, score, "scores")),
    generations,
    training: train ? await trainingOf(folder, train) : null,
    judged: await judgedOf(folder, nodes, name.replace(/\/evaluate$/, "/judge")),
    choice: choose ? await readChoice(fileOf(folder, choose, "strength")) : null,
  };
}

async function judgedOf(
  folder: string,
  nodes: ReadonlyMap<string, JobNode>,
  name: string,
): Promise<JudgeReport | null> {
  const judge = nodes.has(name) ? await ended(folder, nodes, name) : null;
  return judge && JudgeReport.parse(JSON.parse(await readFile(fileOf(folder, judge, "judged"), "utf8")));
}

async function trainingOf(folder: string, { record }: EndedNode): Promise<MeasuredRun["training"]> {
  const checkpoint = join(folder, record.outputs.checkpoint!["manifest.json"]!, "..");
  const { training } = await readManifest(checkpoint);
  return { config: training ?? {}, checkpoint, seconds: record.seconds ?? null };
}

interface EndedNode {
  node: JobNode;
  record: NodeRecord;
}

/** A node with what it put out; null where it has not ended, or its files are gone. */
async function ended(folder: string, nodes: ReadonlyMap<string, JobNode>, name: string): Promise<EndedNode | null> {
  const node = nodes.get(name)!;
  const record = await readRecord(folder, node);
  return record && { node, record };
}

const producersOf = (node: JobNode | undefined, input: string): string[] =>
  (node?.inputs[input] ?? []).map((producer) => producer.node);

const fileOf = (folder: string, { record }: EndedNode, output: string): string =>
  join(folder, Object.values(record.outputs[output]!)[0]!);

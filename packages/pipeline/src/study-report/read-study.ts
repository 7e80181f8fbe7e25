import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { UniArmError, type Generation, type Score } from "@uniarm/core/schema";
import { readGenerations, readScores } from "@uniarm/eval";
import { readRecord, type NodeRecord } from "../node-record.ts";
import { readReport, type ReportFile } from "../read-report.ts";
import type { JobNode } from "../schema/graph.ts";
import { planLaunch } from "../schema/plan.ts";
import { StudyConfig } from "../schema/study.ts";
import { BASE } from "../schema/study.ts";

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
}

/** What a study's folder holds. */
export interface StudyResults {
  config: StudyConfig;
  /** in the order of the study's methods, the base model first */
  runs: MeasuredRun[];
  /** names of evaluations that have not ended: they are left out of everything */
  missing: string[];
}

/**
 * Reads the folder of a study, finished or not.
 * @throws UniArmError study-missing, study-empty (nothing was measured yet), and as the readers of its files do
 */
export async function readStudy(folder: string): Promise<StudyResults> {
  const path = join(folder, "study.json");
  if (!existsSync(path))
    throw new UniArmError(
      "study-missing",
      `${folder} is not the folder of a study: it has no study.json. Name the folder that was given to: uniarm study run FILE --output FOLDER`,
    );
  const plan = planLaunch("study", JSON.parse(await readFile(path, "utf8")));
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
  return { config, runs, missing };
}

/** The evaluations of a study, in order, by the names that its graph gives them. */
function measuredOf({
  unguided,
  methods,
  seeds,
}: StudyConfig): { name: string; method: string; seed: number | null }[] {
  const trained = methods.flatMap(({ name: method }) =>
    seeds.map((seed) => ({ name: seeds.length > 1 ? `${method}/${seed}` : method, method, seed })),
  );
  return unguided ? [{ name: BASE, method: BASE, seed: null }, ...trained] : trained;
}

async function readRun(
  folder: string,
  nodes: ReadonlyMap<string, JobNode>,
  name: string,
): Promise<Omit<MeasuredRun, "method" | "seed"> | null> {
  const evaluate = await ended(folder, nodes, name);
  if (!evaluate) return null;
  const score = (await ended(folder, nodes, producerOf(evaluate.node, "scores")))!;
  const generations: Generation[] = [];
  const decodes = score.node.inputs.generations!.map(({ node }) => node);
  for (const decode of decodes)
    generations.push(...(await readGenerations(fileOf(folder, (await ended(folder, nodes, decode))!, "generations"))));
  const decode = nodes.get(decodes[0]!)!;
  return {
    report: (await readReport(fileOf(folder, evaluate, "report"))).report,
    scores: await readScores(fileOf(folder, score, "scores")),
    generations,
    training: decode.inputs.checkpoint ? await readTraining(folder, nodes, decode.inputs.checkpoint[0]!.node) : null,
  };
}

async function readTraining(
  folder: string,
  nodes: ReadonlyMap<string, JobNode>,
  name: string,
): Promise<MeasuredRun["training"]> {
  const train = (await ended(folder, nodes, name))!;
  const manifest = train.record.outputs.checkpoint!["manifest.json"]!;
  const checkpoint = join(folder, manifest, "..");
  const { training } = JSON.parse(await readFile(join(folder, manifest), "utf8")) as {
    training: Record<string, unknown>;
  };
  return { config: training, checkpoint, seconds: train.record.seconds ?? null };
}

interface EndedNode {
  node: JobNode;
  record: NodeRecord;
}

/** A node with what it put out; null where it has not ended. */
async function ended(folder: string, nodes: ReadonlyMap<string, JobNode>, name: string): Promise<EndedNode | null> {
  const node = nodes.get(name)!;
  const record = await readRecord(folder, node);
  return record && { node, record };
}

const producerOf = ({ inputs }: JobNode, input: string): string => inputs[input]![0]!.node;

const fileOf = (folder: string, { record }: EndedNode, output: string): string =>
  join(folder, Object.values(record.outputs[output]!)[0]!);

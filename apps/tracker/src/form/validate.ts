import { ExperimentConfig, experimentGraph, JOBS, TrainingConfig, type WorkKind } from "@uniarm/core/schema";
import type { z } from "zod";
import { isRecord } from "./flatten.ts";
import { pathText, type Path } from "./path.ts";

export type LaunchKind = WorkKind | "experiment";

/** Settings that the server decides: a launch leaves them out. */
export const DECIDED: Partial<Record<LaunchKind, Record<string, unknown>>> = { train: { output: "output" } };
/** Settings of an arm's training that the experiment decides. */
export const DECIDED_OF_ARMS = ["model", "baseWeights", "pairs", "objectives", "output", "seed"];

export interface Problem {
  path: Path;
  /** the path as text: "arms[0].name" */
  at: string;
  message: string;
}

/** What does not fit, from the very schemas that the server and the workers read; empty: it can be launched. */
export function problemsOf(kind: LaunchKind, config: unknown): Problem[] {
  const schema: z.ZodType = kind === "experiment" ? ExperimentConfig : JOBS[kind].config;
  const given = isRecord(config) ? { ...config, ...DECIDED[kind] } : config;
  const parsed = schema.safeParse(given);
  if (!parsed.success) return sentences(parsed.error.issues);
  return kind === "experiment" ? problemsOfArms(parsed.data as ExperimentConfig) : [];
}

/** An arm's training is read when its run begins: said before. */
function problemsOfArms(config: ExperimentConfig): Problem[] {
  const nodes = experimentGraph(config);
  const issues = config.arms.flatMap((arm, index) => {
    const first = config.seeds.length > 1 ? `${arm.name}/${config.seeds[0]}/train` : `${arm.name}/train`;
    const parsed = TrainingConfig.safeParse(nodes.find(({ name }) => name === first)?.config);
    return (parsed.error?.issues ?? []).map((issue) => ({
      ...issue,
      path: ["arms", index, "training", ...issue.path],
    }));
  });
  return sentences(issues);
}

function sentences(issues: readonly z.core.$ZodIssue[]): Problem[] {
  const found = new Map<string, Problem>();
  const add = (keys: readonly PropertyKey[], message: string): void => {
    const path = keys.map((key) => (typeof key === "number" ? key : String(key)));
    const at = pathText(path);
    if (!found.has(at)) found.set(at, { path, at, message });
  };
  for (const issue of issues) {
    if (issue.code === "unrecognized_keys")
      issue.keys.forEach((key) => add([...issue.path, key], "there is no such setting"));
    else add(issue.path, issue.message);
  }
  return [...found.values()];
}

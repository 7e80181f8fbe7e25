import { join } from "node:path";
import { preferenceGrid, type EvaluationReport } from "@uniarm/core/schema";
import { readReport, runGraph } from "@uniarm/pipeline";
import type { JobNode, StudyConfig } from "@uniarm/pipeline/schema";

interface Measured {
  config: StudyConfig;
  /** holds what is made, and the method's training */
  folder: string;
  method: string;
  prompts: string;
  strength: number;
  signal: AbortSignal;
}

/** The front of a method's ARM on some prompts at a strength; null when it was stopped. */
export async function measure(measured: Measured): Promise<EvaluationReport | null> {
  const { folder, method, prompts, strength, signal } = measured;
  const name = `${method}/${prompts.replace(":", "-")}-at-${strength}`;
  const events = runGraph(nodesOf(measured, name), { folder, signal });
  for (;;) {
    const next = await events.next();
    if (!next.done) continue;
    if (next.value === "stopped") return null;
    return (await readReport(join(folder, name, "evaluate/report.json"))).report;
  }
}

function nodesOf({ config, folder, method, prompts, strength }: Measured, name: string): JobNode[] {
  const { task, model, baseWeights, divisions, maxNewTokens, seed } = config;
  if (task.type !== "tiny-world") throw new Error("the study of methods is on tiny-world");
  const { objectives } = task;
  return [
    {
      name: `${name}/decode`,
      kind: "decode",
      config: {
        decoding: {
          model,
          ...(baseWeights ? { baseWeights } : {}),
          checkpoint: join(folder, method, "train"),
          prompts,
          preferences: preferenceGrid(objectives, divisions),
          strength,
          maxNewTokens,
          seed,
        },
      },
      inputs: {},
    },
    {
      name: `${name}/score`,
      kind: "score",
      config: { generations: ["input:generations"], scorer: { type: "tiny-world", objectives } },
      inputs: { generations: [{ node: `${name}/decode`, output: "generations" }] },
    },
    {
      name: `${name}/evaluate`,
      kind: "evaluate",
      config: { name, scores: "input:scores", protocol: { type: "tiny-world", objectives, seed } },
      inputs: { scores: [{ node: `${name}/score`, output: "scores" }] },
    },
  ];
}

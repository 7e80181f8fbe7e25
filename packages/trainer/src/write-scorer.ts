import { join } from "node:path";
import { exists, exportClassifier, loadCheckpoint } from "@uniarm/core";
import type { RunEvent } from "@uniarm/core/schema";
import { savedAdapter, type Arm } from "./arms.ts";
import { BEST_FOLDER } from "./save.ts";
import type { Session } from "./session.ts";

/** Where a finished scorer's model folder lies, below the run's. */
export const SCORER_FOLDER = "scorer";

/** Writes the best scorer of a run, or its last, as a model folder for reward models; what an earlier end of the run wrote stays. */
export async function* writeScorer({ config, arms, watch }: Session): AsyncGenerator<RunEvent> {
  const target = join(config.output, SCORER_FOLDER);
  if (await exists(target)) return;
  yield { type: "progress", phase: "write the scorer", done: 0, total: 1, unit: "models" };
  const best = watch.keepBest?.best ? (await loadCheckpoint(join(config.output, BEST_FOLDER))).arms : [];
  try {
    await exportClassifier(target, config.model, best[0] ?? savedAdapter(arms[0] as Arm), {
      labels: config.objectives.map(({ name }) => name),
      promptFormat: config.promptFormat,
      templateVars: config.templateVars,
    });
  } finally {
    for (const adapter of best) adapter.dispose();
  }
  yield { type: "progress", phase: "write the scorer", done: 1, total: 1, unit: "models" };
}

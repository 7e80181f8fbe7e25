import { join } from "node:path";
import {
  EVERYDAY_BATCH_ROWS,
  EVERYDAY_OBJECTIVES,
  EVERYDAY_PROGRAMS,
  EVERYDAY_PROTOCOL,
  EVERYDAY_SAMPLING,
  everydayTraining,
  planLaunch,
  type Plan,
} from "@uniarm/pipeline/schema";
import type { RealDemoConfig } from "./config.ts";

/** Where the demo puts what its study reads. */
export const filesIn = (folder: string): Record<"pairs" | "prompts", string> => ({
  pairs: join(folder, "pairs.jsonl"),
  prompts: join(folder, "prompts.jsonl"),
});

/** The study that the demo is: one method at one seed on everyday questions, beside the base model alone. */
export function realDemoPlan(config: RealDemoConfig, { model, folder }: { model: string; folder: string }): Plan {
  const { method, steps, strength, maxNewTokens, shuffled, baseWeights, seed } = config;
  return planLaunch("study", {
    model,
    ...(baseWeights ? { baseWeights } : {}),
    task: {
      type: "files",
      objectives: EVERYDAY_OBJECTIVES,
      ...filesIn(folder),
      programs: EVERYDAY_PROGRAMS,
      ...EVERYDAY_PROTOCOL,
    },
    methods: [
      {
        name: method,
        training: { ...everydayTraining(method, steps), preferenceShuffled: shuffled },
        decoding: { batchRows: EVERYDAY_BATCH_ROWS },
        strength,
      },
    ],
    seeds: [seed],
    sampling: EVERYDAY_SAMPLING,
    maxNewTokens,
    seed,
  });
}

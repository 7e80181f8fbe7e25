import { z } from "zod";
import type { RandomState, ResumeState } from "@uniarm/core";
import { UniArmError } from "@uniarm/core/schema";
import type { AdamWState, StoredTensors } from "./adamw.ts";
import type { PreferenceSource } from "./preferences.ts";

/** What a run needs, beside the adapters, to continue exactly: optimizers, place in the data, state of the random streams. */
export interface Progress {
  /** optimizer steps done */
  step: number;
  totalSteps: number;
  /** steps that were skipped, of those done */
  skipped: number;
  pairsSha256: string;
  random: ReturnType<PreferenceSource["state"]>;
  /** one for each ARM */
  optimizers: AdamWState[];
}

const StreamState = z.strictObject({
  key: z.string(),
  words: z.tuple([z.int(), z.int(), z.int(), z.int()]),
}) satisfies z.ZodType<RandomState>;

const ResumeJson = z.strictObject({
  format: z.literal("uniarm-resume"),
  formatVersion: z.literal(1),
  optimizers: z.array(z.strictObject({ step: z.int().nonnegative() })),
  schedule: z.strictObject({
    step: z.int().nonnegative(),
    totalSteps: z.int().positive(),
    skipped: z.int().nonnegative().default(0),
  }),
  data: z.strictObject({ sha256: z.string(), pairsDrawn: z.int().nonnegative() }),
  random: z.strictObject({ preferences: StreamState, shuffle: StreamState }),
});

/** @param batchPairs pairs per step; times the step it is the place in the data */
export function resumeState(progress: Progress, batchPairs: number): ResumeState {
  const { step, totalSteps, skipped, pairsSha256, random, optimizers } = progress;
  const json: z.infer<typeof ResumeJson> = {
    format: "uniarm-resume",
    formatVersion: 1,
    optimizers: optimizers.map((optimizer) => ({ step: optimizer.step })),
    schedule: { step, totalSteps, skipped },
    data: { sha256: pairsSha256, pairsDrawn: step * batchPairs },
    random,
  };
  const tensors: StoredTensors = {};
  optimizers.forEach((optimizer, arm) => {
    for (const [name, tensor] of Object.entries(optimizer.tensors)) tensors[`arm.${arm}.${name}`] = tensor;
  });
  return { json, tensors };
}

/** @throws UniArmError resume-invalid when the checkpoint's resume.json is not one */
export function progressOf({ json, tensors }: ResumeState, checkpoint: string): Progress {
  const parsed = ResumeJson.safeParse(json);
  if (!parsed.success) {
    const problem = z.prettifyError(parsed.error).replaceAll("\n", " ");
    throw new UniArmError(
      "resume-invalid",
      `resume.json of ${checkpoint} cannot be used: ${problem}. Remove that checkpoint and resume from the one before.`,
    );
  }
  const { optimizers, schedule, data, random } = parsed.data;
  const ofArm = (arm: number): StoredTensors => {
    const prefix = `arm.${arm}.`;
    const own = Object.entries(tensors).filter(([name]) => name.startsWith(prefix));
    return Object.fromEntries(
      own.map(([name, { shape, data: values }]) => [
        name.slice(prefix.length),
        { shape, data: Float32Array.from(values) },
      ]),
    );
  };
  return {
    step: schedule.step,
    totalSteps: schedule.totalSteps,
    skipped: schedule.skipped,
    pairsSha256: data.sha256,
    random,
    optimizers: optimizers.map(({ step }, arm) => ({ step, tensors: ofArm(arm) })),
  };
}

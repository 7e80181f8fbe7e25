import { z } from "zod";
import type { RandomState, ResumeState } from "@uniarm/core";
import { UniArmError } from "@uniarm/core/schema";
import type { ArmState } from "./arms.ts";
import type { PreferenceSource } from "./preferences.ts";
import type { StoredTensors } from "./stored-tensors.ts";
import type { Watch } from "./watch.ts";

/** What a run needs, beside the adapters, to continue exactly: optimizers, place in the data, state of the random streams. */
export interface Progress {
  /** optimizer steps done */
  step: number;
  totalSteps: number;
  /** steps that were skipped, of those done */
  skipped: number;
  pairsSha256: string;
  random: ReturnType<PreferenceSource["state"]>;
  arms: ArmState[];
  watch: Watch;
}

const StreamState = z.strictObject({
  key: z.string(),
  words: z.tuple([z.int(), z.int(), z.int(), z.int()]),
}) satisfies z.ZodType<RandomState>;

const Watched = z
  .strictObject({
    best: z.strictObject({ step: z.int().positive(), value: z.number() }).nullable(),
    since: z.int().nonnegative(),
  })
  .nullable()
  .default(null);

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
  watch: z.strictObject({ isOwed: z.boolean().default(false), keepBest: Watched, earlyStopping: Watched }).prefault({}),
});

/** What the tensors are called of which the checkpoint's adapter is the average. */
const TRAINED = "trained.";

/** @param batchPairs pairs per step; times the step it is the place in the data */
export function resumeState(progress: Progress, batchPairs: number): ResumeState {
  const { step, totalSteps, skipped, pairsSha256, random, arms, watch } = progress;
  const json: z.infer<typeof ResumeJson> = {
    format: "uniarm-resume",
    formatVersion: 1,
    optimizers: arms.map(({ optimizer }) => ({ step: optimizer.step })),
    schedule: { step, totalSteps, skipped },
    data: { sha256: pairsSha256, pairsDrawn: step * batchPairs },
    random,
    watch,
  };
  const tensors: StoredTensors = {};
  arms.forEach(({ optimizer, trained }, arm) => {
    for (const [name, tensor] of Object.entries(optimizer.tensors)) tensors[`arm.${arm}.${name}`] = tensor;
    for (const [name, tensor] of Object.entries(trained ?? {})) tensors[`arm.${arm}.${TRAINED}${name}`] = tensor;
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
  const { optimizers, schedule, data, random, watch } = parsed.data;
  const below = (prefix: string): StoredTensors => {
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
    watch,
    arms: optimizers.map(({ step }, arm) => {
      const trained = below(`arm.${arm}.${TRAINED}`);
      return {
        optimizer: { step, tensors: below(`arm.${arm}.`) },
        trained: Object.keys(trained).length > 0 ? trained : null,
      };
    }),
  };
}

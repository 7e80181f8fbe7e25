import { BaseWeights } from "@uniarm/core/schema";
import { z } from "zod";
import { Sample } from "./sample.ts";

const Contender = z.strictObject({ name: z.string(), side: z.enum(["uniarm", "pytorch"]), what: z.string() });

/** What base weights change in a token's log-probability, against float32. */
export const Precision = z.strictObject({
  tokens: z.int().positive(),
  meanNats: z.number(),
  p99Nats: z.number(),
  maxNats: z.number(),
  /** of the float32 model: how large the numbers are that change so much */
  meanLogProbNats: z.number(),
});
export type Precision = z.infer<typeof Precision>;

/** Where the time of one guided decoding, or of a training step, goes. */
export const Profile = z.strictObject({
  totalMs: z.number().positive(),
  operations: z.array(z.strictObject({ name: z.string(), ms: z.number(), calls: z.int() })),
});
export type Profile = z.infer<typeof Profile>;

/** Everything that a run measured, and what the tables are made of. */
export const BenchResults = z.strictObject({
  machine: z.strictObject({
    cpu: z.string(),
    threads: z.int(),
    memoryGb: z.number(),
    node: z.string(),
    /** processes that kept a core busy each, beside every program */
    neighbours: z.int().positive().optional(),
  }),
  repeats: z.int().positive(),
  cases: z.array(
    z.strictObject({
      name: z.string(),
      work: z.enum(["train", "decode", "sweep"]),
      /** output tokens of one repetition; null for training, and where responses end by themselves */
      tokens: z.int().positive().nullable(),
      contenders: z.array(z.strictObject({ ...Contender.shape, samples: z.array(Sample) })),
    }),
  ),
  /** seconds of a guided decoding against one size, the others as they are */
  scaling: z.array(z.strictObject({ axis: z.string(), at: z.int().positive(), seconds: z.number().positive() })),
  profile: Profile.nullable(),
  /** of a training step of each size */
  trainingProfiles: z.array(z.strictObject({ size: z.string(), ...Profile.shape })).default([]),
  precision: z.array(
    z.strictObject({ model: z.string(), baseWeights: BaseWeights.default("bfloat16"), ...Precision.shape }),
  ),
  ratios: z.record(z.string(), z.number()),
});
export type BenchResults = z.infer<typeof BenchResults>;
export type CaseResult = BenchResults["cases"][number];

export interface Summary {
  median: number;
  min: number;
  max: number;
}

export function summaryOf(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}

export const secondsOf = (samples: readonly Sample[]): Summary => summaryOf(samples.flatMap(({ seconds }) => seconds));
export const memoryOf = (samples: readonly Sample[]): number =>
  summaryOf(samples.map(({ peakMemoryMb }) => peakMemoryMb)).median;
export const librariesOf = (samples: readonly Sample[]): number =>
  summaryOf(samples.map(({ librariesMb }) => librariesMb)).median;

/**
 * Medians of PyTorch, or of another way of ours, over ours: above 1 we are faster. `peakMemory` is ours over PyTorch's: below 1 we need less. Best by
 * hand is the fastest of what one would write instead of the released code, best batched the faster type of PyTorch's.
 */
export function ratiosOf(cases: readonly CaseResult[]): Record<string, number> {
  const ratios: Record<string, number> = {};
  for (const { name, work, contenders } of cases) {
    const samplesOf = (contender: string): Sample[] =>
      contenders.find((one) => one.name === contender && one.samples.length > 0)?.samples ?? [];
    const ours = samplesOf("uniarm");
    if (ours.length === 0) continue;
    const against = (key: string, ...rivals: string[]): void => {
      const entered = contenders.filter((one) => rivals.includes(one.name)); // no bfloat16 on a CPU that does not multiply it
      const found = entered.map(({ samples }) => samples).filter((samples) => samples.length > 0);
      if (found.length === 0 || found.length < entered.length) return;
      const best = found.toSorted((a, b) => secondsOf(a).median - secondsOf(b).median)[0]!;
      ratios[`${name}.${key}`] = secondsOf(best).median / secondsOf(ours).median;
      if (key === "vsBestByHand") ratios[`${name}.peakMemory`] = memoryOf(ours) / memoryOf(best);
    };
    if (work === "train") {
      against("vsDenseFloat32", "denseFloat32");
      against("vsBestByHand", "factoredFloat32", "factoredBfloat16");
    } else if (work === "sweep") {
      against("vsNothingShared", "nothingShared");
      against("vsOnePromptAtATime", "onePromptAtATime");
    } else {
      against("vsOneAtATime", "oneAtATime");
      against("vsBestBatched", "batchedFloat32", "batchedBfloat16");
    }
  }
  return ratios;
}

import { z } from "zod";
import { MeasuringConditions } from "./conditions.ts";
import { Fluency } from "./fluency.ts";
import { Measure } from "./measure.ts";
import { ObjectiveList, ObjectiveName } from "./objective.ts";
import { Seed } from "./seed.ts";

/** Rewards of one generation, larger is better on every objective; one line of scores.jsonl. */
export const Score = z.object({
  promptId: z.string(),
  preference: z.array(z.number()).nullable(),
  sample: z.int().nonnegative(),
  rewards: z.record(ObjectiveName, z.number()),
  baseWeights: z.string().optional().describe("number format of the base model's matrices that the response came of"),
  stratum: z.string().optional().describe("prompts of one stratum are resampled among themselves"),
});
export type Score = z.infer<typeof Score>;

/** y_norm = (y - nadir) / (ideal - nadir), per objective, not clipped. */
export const Normaliser = z
  .strictObject({
    nadir: z.array(z.number()).describe("raw reward that becomes 0, per objective"),
    ideal: z.array(z.number()).describe("raw reward that becomes 1, per objective"),
  })
  .refine(({ nadir, ideal }) => nadir.length === ideal.length, "nadir and ideal need the same length")
  .refine(({ nadir, ideal }) => nadir.every((low, axis) => low < (ideal[axis] ?? low)), "ideal must exceed nadir");
export type Normaliser = z.infer<typeof Normaliser>;

export const EvaluationConfig = z.strictObject({
  objectives: ObjectiveList.describe("the objectives in the order of the rewards"),
  normaliser: Normaliser.describe("fixed before any method is measured; stored with every figure"),
  referencePoint: z.array(z.number()).describe("hypervolume's reference, in normalised units"),
  bootstrapResamples: z.int().nonnegative().default(400).describe("prompt-bootstrap resamples; 0: no intervals"),
  permutations: z
    .int()
    .nonnegative()
    .default(2000)
    .describe("random permutations of a test; 0: no tests by permutation"),
  confidence: z.number().gt(0).lt(1).default(0.95).describe("of the intervals"),
  conditions: MeasuringConditions.optional().describe(
    "what else the figures depend on: fronts that were measured otherwise do not compare",
  ),
  seed: Seed,
});
export type EvaluationConfig = z.infer<typeof EvaluationConfig>;

export const Interval = z.strictObject({ low: z.number(), high: z.number() });
export type Interval = z.infer<typeof Interval>;

export const Estimate = z.strictObject({ value: z.number(), interval: Interval.nullable() });
export type Estimate = z.infer<typeof Estimate>;

/** How an objective's reward follows its own entry of the preference. Rewards are normalised. */
export const Steering = z.strictObject({
  objective: z.string(),
  spearman: Measure,
  slope: Measure.describe("least squares over all points"),
  local: z
    .array(z.strictObject({ from: z.number(), to: z.number(), slope: z.number() }))
    .describe("between neighbouring values of the entry, mean over the points of each"),
});
export type Steering = z.infer<typeof Steering>;

/** What a front's own scores say beyond its volume. */
export const FrontMetrics = z.strictObject({
  hypervolumeContributions: z.array(z.number()).describe("what the hypervolume loses without each point"),
  sparsity: Measure,
  spacing: Measure,
  preferenceCosines: z.array(Measure).describe("of each point"),
  preferenceCosine: Measure.describe("mean over the points"),
  steering: z.array(Steering).describe("one for each objective"),
  preferenceEffect: z
    .strictObject({ gain: Measure, pValue: Measure })
    .describe("gain over answers whose preferences are permuted within each prompt, and its two-sided p"),
});
export type FrontMetrics = z.infer<typeof FrontMetrics>;

/** Divergence of the steered model from the base on its own samples, nats a response; or why there is none. */
export const KlFromBase = z.union([Estimate, z.strictObject({ value: z.null(), reason: z.string() })]);
export type KlFromBase = z.infer<typeof KlFromBase>;

/** One point of a front: what one preference vector obtained. */
export const FrontPoint = z.strictObject({
  preference: z.array(z.number()),
  promptCount: z.int().positive(),
  mean: z.array(Estimate).describe("mean reward per objective, raw units, larger is better"),
  normalised: z.array(z.number()),
  dominated: z
    .boolean()
    .describe("another point of this front is at least as good in all objectives and better in one"),
  fluency: Fluency.optional().describe("where the answers behind the scores are given"),
  klFromBase: KlFromBase.optional().describe(
    "where the answers behind the scores are given, and how their tokens were chosen",
  ),
});
export type FrontPoint = z.infer<typeof FrontPoint>;

export const ParetoFront = z.strictObject({
  points: z.array(FrontPoint),
  hypervolume: Estimate,
  meanInnerProduct: Estimate,
});
export type ParetoFront = z.infer<typeof ParetoFront>;

/** What the base model alone obtains on the prompts of a front: one point, whatever the preference. */
export const BasePoint = FrontPoint.pick({ promptCount: true, mean: true, normalised: true, fluency: true });
export type BasePoint = z.infer<typeof BasePoint>;

export const EvaluationReport = z.strictObject({
  config: EvaluationConfig,
  protocolHash: z
    .string()
    .describe(
      "hash of objectives, normaliser, reference point, preferences and prompts: only reports of equal hashes compare",
    ),
  front: ParetoFront,
  base: BasePoint.optional().describe("the base model's own point, where its scores are given"),
  promptsHash: z.string().optional().describe("hash of the prompts' names alone; older reports have none"),
  metrics: FrontMetrics.optional().describe("older reports have none"),
});
export type EvaluationReport = z.infer<typeof EvaluationReport>;

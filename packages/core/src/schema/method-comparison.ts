import { z } from "zod";
import { Interval, Normaliser } from "./evaluation.ts";
import { Measure } from "./measure.ts";

/** Variances of a figure over training seeds, prompts and both together; null where one seed cannot tell them apart. */
export const VarianceComponents = z.strictObject({
  seed: z.number().nullable().describe("between the ARMs of different seeds, on all prompts"),
  prompt: z.number().nullable().describe("between prompts, for all ARMs"),
  both: z.number().describe("what is of seed and prompt together; with one seed, all between prompts"),
});
export type VarianceComponents = z.infer<typeof VarianceComponents>;

/** A figure with what its interval is over: prompts alone say nothing of other training seeds. */
export const UncertainFigure = z.strictObject({
  value: z.number(),
  interval: Interval.nullable().describe("null where nothing can be said of it: as many strata as prompts"),
  standardError: z.number().nullable(),
  over: z.enum(["prompts", "seeds and prompts"]),
});
export type UncertainFigure = z.infer<typeof UncertainFigure>;

/** A two-sided test of no difference; its family is all tests of one `over` in the comparison. */
export const MethodTest = z.strictObject({
  over: z.enum(["prompts", "seeds", "seeds and prompts"]),
  by: z.enum(["permutation", "sign flips", "Student"]),
  pValue: Measure,
  holm: Measure.describe("p adjusted for the family"),
});
export type MethodTest = z.infer<typeof MethodTest>;

export const FigureDifference = z.strictObject({
  difference: UncertainFigure.describe("first less second"),
  components: VarianceComponents.nullable().describe("of the paired difference"),
  tests: z.array(MethodTest).describe("the one over most comes last: it is the one to quote"),
});
export type FigureDifference = z.infer<typeof FigureDifference>;

export const MethodFigures = z.strictObject({
  name: z.string(),
  seeds: z.array(z.int()).describe("training seeds; none for what was not trained"),
  hypervolume: UncertainFigure.describe("mean over seeds"),
  meanInnerProduct: UncertainFigure.describe("mean over seeds"),
  poolRegret: UncertainFigure.describe("behind the best of all methods' answers to the same prompt and preference"),
  optimumRegret: z
    .union([UncertainFigure, z.strictObject({ value: z.null(), reason: z.string() })])
    .optional()
    .describe("behind the exact optimum, where one is known"),
});
export type MethodFigures = z.infer<typeof MethodFigures>;

export const MethodPair = z.strictObject({
  first: z.string(),
  second: z.string(),
  seeds: z.array(z.int()).describe("that both were trained with"),
  hypervolume: FigureDifference,
  meanInnerProduct: FigureDifference,
  coverage: Measure.describe("share of the second's front that the first's covers, fronts of means over seeds"),
  coverageBack: Measure.describe("share of the first's front that the second's covers"),
});
export type MethodPair = z.infer<typeof MethodPair>;

/** Methods side by side on the same prompts under one protocol. */
export const MethodComparison = z.strictObject({
  protocolHash: z.string(),
  objectives: z.array(z.string()),
  normaliser: Normaliser,
  referencePoint: z.array(z.number()),
  prompts: z.int(),
  preferences: z.array(z.array(z.number())),
  confidence: z.number(),
  permutations: z.int(),
  methods: z.array(MethodFigures),
  pairs: z.array(MethodPair),
});
export type MethodComparison = z.infer<typeof MethodComparison>;

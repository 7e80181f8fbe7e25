import { FrontPoint, JudgeReport, Measure, MethodComparison, ObjectiveList, StrengthChoice } from "@uniarm/core/schema";
import { z } from "zod";
import { StudyConfig } from "../schema/study.ts";

/** Mean rewards of a method at each preference, over its seeds. */
const ReportedFront = z.strictObject({
  name: z.string(),
  seeds: z.int().describe("trainings that the means are over; 0 for the base model"),
  points: z.array(FrontPoint.pick({ preference: true, mean: true, fluency: true, klFromBase: true })),
  /** what the intervals of `points` are over; with one seed they say nothing of another training */
  intervals: z.enum(["prompts", "seeds"]),
});

/** What an answer costs and what it took to make it cheap. */
export const MethodCost = z.strictObject({
  name: z.string(),
  method: z.string(),
  parameters: z.int().nullable().describe("numbers that are trained, of all adapters; null for the base model"),
  passes: z.int().describe("passes of a model for a token of an answer"),
  steps: z.int().nullable().describe("optimizer steps of a training; null for the base model, or where epochs decide"),
  trainings: z.int().describe("trainings that were made, one a seed"),
  seconds: z
    .number()
    .nullable()
    .describe("mean of a training on the machine that made it; null where one was interrupted, or none was made"),
  configurationsTried: z
    .int()
    .nullable()
    .describe("configurations measured on validation prompts before this one was taken; null where it is not stated"),
});
export type MethodCost = z.infer<typeof MethodCost>;

const Answer = z.strictObject({
  name: z.string(),
  preference: z.array(z.number()),
  text: z.string(),
  rewards: z.array(z.number()),
});

/** Means over a method's seeds; each has its sentence in EVALUATION_METRICS. */
const ReportedMeasures = z.strictObject({
  name: z.string(),
  front: z
    .strictObject({
      sparsity: Measure,
      spacing: Measure,
      preferenceCosine: Measure,
      preferenceEffect: Measure,
      steering: z.array(z.strictObject({ objective: z.string(), correlation: Measure, slope: Measure })),
    })
    .nullable()
    .describe("null where a report was made before there were such metrics"),
  texts: z.strictObject({
    basePerplexity: Measure.optional().describe("reports of earlier versions have none"),
    lengthTokens: Measure,
    distinct: z.tuple([Measure, Measure, Measure]),
    repeatedFourGrams: Measure,
    endedShare: Measure,
  }),
});

/** results.json of a study's report: everything that its page and tables show. */
export const StudyReport = z.strictObject({
  format: z.literal("uniarm-study-report"),
  formatVersion: z.literal(1),
  study: StudyConfig,
  objectives: ObjectiveList,
  comparison: MethodComparison,
  fronts: z.array(ReportedFront),
  measures: z.array(ReportedMeasures),
  optimum: z
    .strictObject({
      points: z.array(z.strictObject({ preference: z.array(z.number()), mean: z.array(z.number()) })),
      hypervolume: z.number(),
      meanInnerProduct: z.number(),
    })
    .nullable()
    .describe("the best that any answers obtain on these prompts, where it is known"),
  answers: z.array(z.strictObject({ promptId: z.string(), prompt: z.string(), rows: z.array(Answer) })),
  strengths: z
    .array(z.strictObject({ name: z.string(), seed: z.int().nullable(), choice: StrengthChoice }))
    .optional()
    .describe(
      "what each method that had several strengths chose on validation prompts, at each seed; absent: none had",
    ),
  judged: z
    .strictObject({
      runs: z.array(
        z.strictObject({ name: z.string(), seed: z.int().nullable(), report: JudgeReport.omit({ judge: true }) }),
      ),
      missing: z.array(z.string()).describe("trainings whose judge has not answered all: they are in no win rate"),
    })
    .optional()
    .describe("win rates against the base model; absent: the study asks no judge"),
  missing: z.array(z.string()).describe("evaluations that have not ended: they are in no figure"),
});
export type StudyReport = z.infer<typeof StudyReport>;

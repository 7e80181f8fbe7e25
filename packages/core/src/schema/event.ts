import { z } from "zod";
import { EvaluationReport, Score } from "./evaluation.ts";
import { Generation } from "./generation.ts";

/** What `train`, `decode` and `evaluate` yield. Events hold no time: their consumer knows it. */
export const RunEvent = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("started"),
    kind: z.enum(["train", "pretrain", "decode", "evaluate"]),
    total: z.int(),
  }),
  z.strictObject({ type: z.literal("progress"), phase: z.string(), done: z.int(), total: z.int(), unit: z.string() }),
  z.strictObject({ type: z.literal("metric"), step: z.int(), values: z.record(z.string(), z.number()) }),
  z.strictObject({ type: z.literal("notice"), code: z.string(), message: z.string() }),
  z.strictObject({ type: z.literal("checkpoint"), step: z.int(), path: z.string() }),
  z.strictObject({ type: z.literal("generation"), generation: Generation }),
  z.strictObject({ type: z.literal("score"), score: Score }),
  z.strictObject({ type: z.literal("report"), report: EvaluationReport }),
  z.strictObject({ type: z.literal("stopped"), step: z.int(), message: z.string().describe("how to continue") }),
  z.strictObject({ type: z.literal("finished"), message: z.string() }),
]);
export type RunEvent = z.infer<typeof RunEvent>;

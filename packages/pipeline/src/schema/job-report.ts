import { EvaluationReport, MetricKey, PlaygroundChunk, Provenance, RelativePath } from "@uniarm/core/schema";
import { z } from "zod";

/** Path in the store -> absolute path on this disk. */
const Files = z.record(RelativePath, z.string());

/** What a job says last. */
export const EndedReport = z.object({
  type: z.literal("ended"),
  /** LOST: by the machine's fault, not the run's */
  end: z.enum(["SUCCEEDED", "FAILED", "STOPPED", "LOST"]),
  reason: z.string(),
  code: z.string().optional(),
});
export type EndedReport = z.infer<typeof EndedReport>;

/** A line that a job writes to its worker. */
export const JobReport = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("metric"),
    step: z.int().nonnegative(),
    values: z.record(MetricKey, z.union([z.number(), z.string()])),
  }),
  z.object({ type: z.literal("progress"), phase: z.string(), done: z.int(), total: z.int(), unit: z.string() }),
  z.object({ type: z.literal("notice"), code: z.string(), message: z.string() }),
  z.object({ type: z.literal("checkpoint"), step: z.int().nonnegative(), files: Files }),
  z.object({ type: z.literal("artifact"), name: z.string(), count: z.int().optional(), files: Files }),
  z.object({ type: z.literal("report"), name: z.string(), method: z.string().optional(), report: EvaluationReport }),
  z.object({ type: z.literal("provenance"), provenance: Provenance }),
  z.object({ type: z.literal("ready") }),
  z.object({ type: z.literal("chunk"), chunk: PlaygroundChunk }),
  EndedReport,
]);
export type JobReport = z.infer<typeof JobReport>;

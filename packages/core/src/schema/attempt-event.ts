import { z } from "zod";
import { EvaluationReport } from "./evaluation.ts";
import { MetricKey } from "./metric-key.ts";
import { Provenance } from "./provenance.ts";

const SPECIAL = { NaN: Number.NaN, Infinity: Number.POSITIVE_INFINITY, "-Infinity": Number.NEGATIVE_INFINITY } as const;

/** A number, or the name of one that JSON cannot hold. */
export const MetricValue = z.union([
  z.number(),
  z.enum(["NaN", "Infinity", "-Infinity"]).transform((name): number => SPECIAL[name]),
]);

export const metricValueJson = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, "64 hexadecimal digits");

/** A relative path of ordinary names only: safe to create below a folder. */
export const RelativePath = z
  .string()
  .min(1)
  .max(500)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_.][A-Za-z0-9._-]*)*$/, "a relative path of letters, digits, . _ -")
  .refine((path) => !path.split("/").some((part) => part === "." || part === ".."), "no . or .. in a path");

/** A file in the blob store. */
export const BlobFile = z.strictObject({ path: RelativePath, sha256: Sha256, size: z.int().nonnegative() });
export type BlobFile = z.infer<typeof BlobFile>;

/** Most that one event may hold: characters, files, bytes. Workers cut to it and say so. */
export const REPORT_LIMITS = {
  progress: 200,
  unit: 50,
  code: 100,
  text: 10_000,
  name: 100,
  files: 10_000,
  /** of a whole report as JSON; a request may have 16 MiB */
  reportBytes: 12 * 2 ** 20,
} as const;

const files = z.array(BlobFile).min(1).max(REPORT_LIMITS.files);
const text = (length: number): z.ZodString => z.string().max(length);

/** What an attempt reports, numbered from 1 without gaps: written to the worker's disk, sent in batches, recorded once. */
export const AttemptEvent = z.intersection(
  z.object({ sequence: z.int().positive(), time: z.int().nonnegative().describe("milliseconds since 1970") }),
  z.discriminatedUnion("type", [
    z.object({
      type: z.literal("metric"),
      step: z.int().nonnegative(),
      values: z.record(MetricKey, MetricValue),
    }),
    z.object({
      type: z.literal("progress"),
      phase: text(REPORT_LIMITS.progress),
      done: z.int(),
      total: z.int(),
      unit: text(REPORT_LIMITS.unit),
    }),
    z.object({ type: z.literal("notice"), code: text(REPORT_LIMITS.code), message: text(REPORT_LIMITS.text) }),
    z.object({ type: z.literal("log"), stream: z.enum(["stdout", "stderr"]), text: text(65_536) }),
    z.object({ type: z.literal("checkpoint"), step: z.int().nonnegative(), files }),
    z.object({
      type: z.literal("artifact"),
      name: text(REPORT_LIMITS.name).min(1),
      count: z.int().nonnegative().optional(),
      files,
    }),
    z.object({
      type: z.literal("report"),
      name: text(200).min(1),
      method: text(64).optional(),
      report: EvaluationReport,
    }),
    z.object({ type: z.literal("provenance"), provenance: Provenance }),
  ]),
);
export type AttemptEvent = z.infer<typeof AttemptEvent>;
export type AttemptEventInput = z.input<typeof AttemptEvent>;

/** How an attempt ended. LOST: its process was killed or crashed; the run continues from its last checkpoint. */
export const AttemptEnd = z.enum(["SUCCEEDED", "FAILED", "CANCELLED", "DRAINED", "LOST"]);
export type AttemptEnd = z.infer<typeof AttemptEnd>;

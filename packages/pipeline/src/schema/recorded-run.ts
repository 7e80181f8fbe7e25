import { z } from "zod";
import { JobReport } from "./job-report.ts";
import { RecordedKind } from "./kinds.ts";

/** Where a program that ran without a server writes what it reports, line by line. */
export const RECORDED_EVENTS = "events.jsonl";

/** A line of it: what a job would have reported, and when. Paths of files lie below the run's folder. */
export const RecordedEvent = z.intersection(
  z.object({ time: z.int().nonnegative().describe("milliseconds since 1970") }),
  JobReport,
);
export type RecordedEvent = z.infer<typeof RecordedEvent>;

/** What such a program leaves in a server's inbox at its end: where its run folder is. */
export const RecordedRun = z.object({
  kind: RecordedKind.default("demo"),
  id: z.string().regex(/^[0-9a-z-]{8,100}$/),
  project: z.string().min(1).max(100),
  name: z.string().min(1).max(200),
  /** absolute; holds events.jsonl, unless the notice has the events itself */
  folder: z.string().regex(/^(\/|[A-Za-z]:[\\/])/, "an absolute path"),
  config: z.record(z.string(), z.unknown()),
  events: z.array(RecordedEvent).max(100_000).optional(),
});
export type RecordedRun = z.infer<typeof RecordedRun>;

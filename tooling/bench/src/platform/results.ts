import { z } from "zod";
import { Disk } from "./disk.ts";
import { Ingest } from "./ingest.ts";
import { Live } from "./live.ts";
import { Timing } from "./timing.ts";

/** Everything that `pnpm bench:platform` measured. */
export const PlatformResults = z.strictObject({
  machine: z.strictObject({
    cpu: z.string(),
    threads: z.int(),
    memoryGb: z.number(),
    node: z.string(),
    postgres: z.string(),
    loadBefore: z.number(),
    loadAfter: z.number(),
  }),
  size: z.strictObject({ runs: z.int(), keys: z.int(), points: z.int() }),
  lists: z.array(Timing),
  histories: z.array(Timing),
  ingest: z.array(Ingest),
  live: Live,
  memory: z.strictObject({ startMb: z.number().nullable(), peakMb: z.number().nullable() }),
  disk: Disk,
});
export type PlatformResults = z.infer<typeof PlatformResults>;

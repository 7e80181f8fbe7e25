import { z } from "zod";

const EngineReport = z.strictObject({
  name: z.enum(["tensorflow", "wasm"]),
  available: z.boolean(),
  version: z.string().optional(),
  device: z.enum(["cpu", "gpu"]).optional(),
  threads: z.int().positive().optional(),
  threadsReason: z.string().optional().describe("what says how many threads"),
  bfloat16: z.boolean().optional().describe("whether bfloat16 numbers are multiplied as they are, not widened"),
  baseWeights: z
    .strictObject({
      training: z.string(),
      decoding: z.string(),
      reason: z.string(),
      cells: z
        .array(z.strictObject({ job: z.string(), rows: z.int(), type: z.string(), milliseconds: z.number() }))
        .describe("products of some rows with a matrix, as they were measured once on this machine, in processor time"),
    })
    .optional()
    .describe("number formats of base weights that are the default here, and why"),
  ownOperations: z.boolean().optional().describe("whether it has the project's own operations for the hot path"),
  /** why it is not available, and the command that installs it */
  reason: z.string().optional(),
  fix: z.string().optional(),
});
export type EngineReport = z.infer<typeof EngineReport>;

/** What `uniarm doctor --json` prints. */
export const DoctorReport = z.strictObject({
  engines: z.array(EngineReport),
  /** what a command uses when none is named; null when none runs */
  engine: z.enum(["tensorflow", "wasm"]).nullable(),
  node: z.strictObject({ version: z.string(), supported: z.boolean() }),
  postgres: z.strictObject({
    /** what `postgres --version` or `psql --version` says; null when neither is on PATH */
    program: z.string().nullable(),
    /** host and port of UNIARM_DATABASE_URL, never its password; null when it is not set */
    address: z.string().nullable(),
    reachable: z.boolean().nullable(),
  }),
  disk: z.strictObject({ folder: z.string(), freeBytes: z.number() }),
  memory: z.strictObject({ totalBytes: z.number(), freeBytes: z.number() }),
});
export type DoctorReport = z.infer<typeof DoctorReport>;

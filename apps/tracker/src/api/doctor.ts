import * as z from "zod/mini";

/** What the pages show of `system.doctor`, which also says other things. */
export const DoctorReport = z.object({
  postgres: z.object({ version: z.string(), bytes: z.number() }),
  blobs: z.object({ count: z.number(), bytes: z.number(), freeBytes: z.nullable(z.number()) }),
  queue: z.object({ queued: z.number(), running: z.number() }),
  memoryBytes: z.number(),
  uptimeSeconds: z.number(),
});
export type DoctorReport = z.infer<typeof DoctorReport>;

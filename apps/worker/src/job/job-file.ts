import { z } from "zod";

/** What the worker wrote for its job. */
export const JobFile = z.object({
  kind: z.string(),
  config: z.unknown(),
  /** step of the checkpoint whose files were put back; null: it begins */
  step: z.int().nullable(),
  inputs: z.record(z.string(), z.array(z.array(z.string()))),
  datasets: z.array(z.string()),
  /** id -> paths of its files */
  checkpoints: z.record(z.string(), z.array(z.string())).default({}),
});
export type JobFile = z.infer<typeof JobFile>;

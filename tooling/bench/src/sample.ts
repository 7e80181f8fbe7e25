import { z } from "zod";

/** What one process measured: the last line that it prints. */
export const Sample = z.strictObject({
  /** of each repetition after the warm-up: a training step, or the decoding of all vectors, prefill included */
  seconds: z.array(z.number().positive()).min(1),
  /** largest resident set of the process, MB */
  peakMemoryMb: z.number().positive(),
  /** how much of it was used before any tensor was made, MB */
  librariesMb: z.number().positive(),
  threads: z.int().positive(),
  /** versions of what it ran on */
  software: z.string(),
});
export type Sample = z.infer<typeof Sample>;

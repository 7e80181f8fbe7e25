import { z } from "zod";

/** A number, or why there is none. */
export const Measure = z.union([
  z.strictObject({ value: z.number() }),
  z.strictObject({ value: z.null(), reason: z.string() }),
]);
export type Measure = z.infer<typeof Measure>;

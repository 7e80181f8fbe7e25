import { z } from "zod";

/** The number format of the frozen base model's matrices. */
export const BaseWeights = z
  .enum(["bfloat16", "float32"])
  .describe(
    "number format of the base model's matrices; default: the faster of the two on this machine, as `uniarm doctor` shows",
  );
export type BaseWeights = z.infer<typeof BaseWeights>;

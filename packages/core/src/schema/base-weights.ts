import { z } from "zod";

/** The number format of the frozen base model's matrices. */
export const BaseWeights = z
  .enum(["bfloat16", "float32", "int8", "int4"])
  .describe(
    "number format of the base model's matrices; default: the faster of bfloat16 and float32 on this machine, as `uniarm doctor` shows; " +
      "int8 and int4 (blocks of 32 with a scale) take a half and a third of bfloat16's memory and are less exact",
  );
export type BaseWeights = z.infer<typeof BaseWeights>;

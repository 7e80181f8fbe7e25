import { z } from "zod";

/** How the frozen base model's matrices are held. */
export const BaseWeights = z
  .enum(["bfloat16", "float32"])
  .describe("how the base model's matrices are held; default: bfloat16 where the hardware multiplies it, else float32");
export type BaseWeights = z.infer<typeof BaseWeights>;

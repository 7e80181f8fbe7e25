import { z } from "zod";

export const Seed = z
  .int()
  .nonnegative()
  .max(0xffff_ffff)
  .default(0)
  .describe("seed of every random stream of the run");

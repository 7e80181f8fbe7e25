import { Method, methodOf } from "@uniarm/core/schema";
import { z } from "zod";

/** Methods whose ARM steers a frozen model, which is what a demo shows; studies compare those that tune the model itself. */
export const STEERING = z
  .enum(Method.options.filter((method) => methodOf(method).trains === "arm") as [Method, ...Method[]])
  .default("uniarm")
  .describe("how the ARM is built and trained: uniarm, or a rival");

import { UniArmError } from "../../schema/error.ts";
import type { FloatType } from "../native.ts";
import { calibration } from "./calibration.ts";
import type { Job } from "./measured-products.ts";

/**
 * What base weights are where neither a config nor the run that is resumed says it: UNIARM_BASE_WEIGHTS, else the fastest here
 * for the job. Who takes it records it: another machine may choose otherwise.
 * @throws UniArmError base-weights-unknown
 */
export function defaultBaseWeights(job: Job, environment: NodeJS.ProcessEnv = process.env): FloatType {
  const given = environment.UNIARM_BASE_WEIGHTS;
  if (given === undefined || given === "") return calibration()[job];
  if (given === "float32" || given === "bfloat16") return given;
  throw new UniArmError(
    "base-weights-unknown",
    `UNIARM_BASE_WEIGHTS is "${given}"; it must be float32 or bfloat16, or not set: then the fastest here is taken.`,
  );
}

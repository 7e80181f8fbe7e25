import type { Counted } from "@uniarm/pipeline/schema";
import type { Resources } from "./site.ts";
import { secondsOf } from "./time.ts";

/** What jobs ask Kubernetes for, as far as their time and GPUs go. */
export const COUNTED: Counted<Resources> = {
  seconds: ({ time }) => (time === undefined ? null : secondsOf(time)),
  gpus: ({ gpus = 0 }) => gpus,
};

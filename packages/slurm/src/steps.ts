import type { Counted } from "@uniarm/pipeline/schema";
import type { Offered } from "./offer.ts";
import { secondsOf } from "./time.ts";

/** gpu:2, gpu:a100:2, gpu; several with commas. */
export const gpusOf = ({ gres = "" }: Pick<Offered, "gres">): number =>
  gres.split(",").reduce((sum, one) => {
    const found = /^gpu(?::[a-z][^:]*)?(?::(\d+))?$/i.exec(one);
    return sum + (found ? Number(found[1] ?? 1) : 0);
  }, 0);

/** What jobs ask Slurm for, as far as their time and GPUs go. */
export const COUNTED: Counted<Pick<Offered, "gres" | "time">> = {
  seconds: ({ time }) => (time === undefined ? null : secondsOf(time)),
  gpus: gpusOf,
};

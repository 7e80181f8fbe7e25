import { isBetter, UniArmError } from "@uniarm/core/schema";
import type { MetricValues } from "./metrics.ts";

/** A validation's metric that a run looks at, as far as it has come. */
export interface Watched {
  best: { step: number; value: number } | null;
  /** validations since then */
  since: number;
}

/** What a run looks at in its validations; null: nothing. */
export interface Watch {
  /** whether the validation after the newest step was cut off by a signal: it is made when the run goes on */
  isOwed: boolean;
  keepBest: Watched | null;
  earlyStopping: Watched | null;
}

/**
 * The metric after one more validation.
 * @throws UniArmError metric-not-measured where the held-out pairs have nothing that it could be measured on
 */
export function watched({ best, since }: Watched, metric: string, step: number, values: MetricValues): Watched {
  const value = values[metric];
  if (value === undefined)
    throw new UniArmError(
      "metric-not-measured",
      `The validation at step ${step} could not measure ${metric}: no held-out pair counts for it. It measured ${Object.keys(values).join(", ")}; name one of these, or give other validationPairs.`,
    );
  return best === null || isBetter(metric, value, best.value)
    ? { best: { step, value }, since: 0 }
    : { best, since: since + 1 };
}

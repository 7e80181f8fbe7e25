import { UniArmError } from "@uniarm/core/schema";
import { z } from "zod";

/** The log-probabilities of one sample's tokens, in nats, its end included. */
export const SampleLogProbs = z.strictObject({
  promptId: z.string(),
  sample: z.int().nonnegative(),
  steered: z.array(z.number()).describe("of each token under the distribution that it was drawn from"),
  base: z.array(z.number()).describe("of each token under the base model"),
});
export type SampleLogProbs = z.infer<typeof SampleLogProbs>;

/** @throws UniArmError log-probs-empty, log-probs-length, log-probs-range */
export function checkLogProbs(samples: readonly SampleLogProbs[]): void {
  if (samples.length === 0)
    throw new UniArmError("log-probs-empty", "No samples: a mean over samples needs at least one.");
  for (const { promptId, sample, steered, base } of samples) {
    const where = `Sample ${sample} of prompt "${promptId}"`;
    if (steered.length !== base.length || base.length === 0)
      throw new UniArmError(
        "log-probs-length",
        `${where} has ${steered.length} log-probabilities of the steered model and ${base.length} of the base; expected one of each for every token, and a token at least.`,
      );
    for (const [name, values] of Object.entries({ steered, base })) {
      const odd = values.find((value) => !(value <= 1e-6 && value > -Infinity)); // rounding may go above 0
      if (odd !== undefined)
        throw new UniArmError(
          "log-probs-range",
          `${where} has a log-probability of ${odd} (${name}); expected finite numbers of at most 0. A token that one model cannot give makes the divergence infinite.`,
        );
    }
  }
}

/** The mean over prompts of each prompt's mean, prompts in the order of their first sample. */
export function promptMeans<Row extends { promptId: string }>(
  rows: readonly Row[],
  of: (row: Row) => number,
): Float64Array {
  return Float64Array.from(
    Map.groupBy(rows, ({ promptId }) => promptId).values(),
    (own) => own.reduce((sum, row) => sum + of(row), 0) / own.length,
  );
}

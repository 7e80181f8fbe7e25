import { isDeepStrictEqual } from "node:util";
import { SamplingConfig, UniArmError, type Estimate } from "@uniarm/core/schema";
import { crossedSpread, spreadInterval } from "../statistics/crossed.ts";
import { checkLogProbs, promptMeans, type SampleLogProbs } from "./token-log-probs.ts";

/** What draws from the steered distribution as it is. */
const OWN = SamplingConfig.parse({ temperature: 1 });

/**
 * KL(steered || base) in nats a response, estimated on the steered model's own samples: mean over samples (a prompt's samples
 * first) of the sum over tokens of log p_steered - log p_base. 0 and above, though an estimate may fall below; neither is better.
 * The interval is Student's over prompts, null for one prompt. Samples that were cut off give the divergence up to the limit.
 *
 * It holds for tokens drawn from the steered distribution itself, so temperature has to be 1 and nothing cut off: greedy answers
 * are samples of another distribution.
 * @throws UniArmError kl-sampling, log-probs-empty, log-probs-length, log-probs-range
 */
export function klFromBase(samples: readonly SampleLogProbs[], sampling: SamplingConfig, confidence = 0.95): Estimate {
  const odd = (Object.keys(OWN) as (keyof SamplingConfig)[]).filter(
    // a stop string cuts off, as the limit does
    (key) => key !== "stop" && !isDeepStrictEqual(sampling[key], OWN[key]),
  );
  if (odd.length > 0)
    throw new UniArmError(
      "kl-sampling",
      `The samples were drawn with ${odd.map((key) => `${key} ${JSON.stringify(sampling[key])}`).join(", ")}: they are not the steered distribution's own. ` +
        "Decode with temperature 1 and leave the other settings of sampling out to estimate its divergence.",
    );
  checkLogProbs(samples);
  const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
  return meanOverPrompts(
    promptMeans(samples, ({ steered, base }) => sumOf(steered) - sumOf(base)),
    confidence,
  );
}

/** Mean of a figure of each prompt, with Student's interval. */
function meanOverPrompts(ofPrompts: Float64Array, confidence: number): Estimate {
  const value = ofPrompts.reduce((sum, one) => sum + one, 0) / ofPrompts.length;
  const spread = crossedSpread(
    [ofPrompts],
    Array.from(ofPrompts, () => ""),
  );
  return { value, interval: spread && spreadInterval(value, spread, confidence) };
}

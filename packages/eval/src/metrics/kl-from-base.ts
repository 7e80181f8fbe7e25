import { isDeepStrictEqual } from "node:util";
import { SamplingConfig, UniArmError, type Estimate, type Generation, type KlFromBase } from "@uniarm/core/schema";
import { crossedSpread, spreadInterval } from "../statistics/crossed.ts";

/** An answer's tokens, and the sums of their log-probabilities under the distribution that they were drawn from and the base. */
export type SteeredAnswer = Pick<
  Generation,
  "promptId" | "sample" | "tokenIds" | "logProbNats" | "baseLogProbNats" | "armLogProbNats"
>;

/** What draws from the steered distribution as it is. */
const OWN = SamplingConfig.parse({ temperature: 1 });

/**
 * KL(steered || base) in nats a response, estimated on the steered model's own samples: mean over samples (a prompt's samples
 * first) of log p_steered - log p_base of the whole answer. 0 and above, though an estimate may fall below; neither is better.
 * The interval is Student's over prompts, null for one prompt. Samples that were cut off give the divergence up to the limit.
 *
 * It holds for tokens drawn from the steered distribution itself: temperature 1 and nothing cut off, and each answer kept.
 * Null with the reason where answers are samples of another distribution, or have no log-probability under the base.
 * @throws UniArmError log-probs-empty, log-probs-range
 */
export function klFromBase(answers: readonly SteeredAnswer[], sampling: SamplingConfig, confidence = 0.95): KlFromBase {
  if (answers.length === 0)
    throw new UniArmError("log-probs-empty", "No samples: a mean over samples needs at least one.");
  const reason = whyNoSamples(answers, sampling);
  if (reason !== null) return { value: null, reason };
  return meanOverPrompts(answers, confidence);
}

function whyNoSamples(answers: readonly SteeredAnswer[], sampling: SamplingConfig): string | null {
  if (sampling.temperature === 0) return "Greedy answers are no samples: a divergence is not defined for them.";
  const odd = (Object.keys(OWN) as (keyof SamplingConfig)[]).filter(
    // a stop string cuts off, as the limit does
    (key) => key !== "stop" && !isDeepStrictEqual(sampling[key], OWN[key]),
  );
  if (odd.length > 0)
    return `The answers were drawn with ${odd.map((key) => `${key} ${JSON.stringify(sampling[key])}`).join(", ")}: they are not the steered distribution's own, which temperature 1 draws from and nothing else.`;
  if (answers.some(({ armLogProbNats }) => armLogProbNats !== undefined))
    return "The best of several was kept (bestOf): the answers are not the steered distribution's own.";
  const unread = answers.filter(({ baseLogProbNats }) => baseLogProbNats === undefined).length;
  if (unread === 0) return null;
  return `${unread} of ${answers.length} answers have no log-probability under the base model: decode them with baseLogProbs.`;
}

function differenceOf({ promptId, sample, tokenIds, logProbNats, baseLogProbNats }: SteeredAnswer): number {
  const where = `The answer to prompt "${promptId}", sample ${sample},`;
  for (const [name, nats] of [
    ["steered", logProbNats],
    ["base", baseLogProbNats!],
  ] as const)
    // rounding of a token may go above 0
    if (tokenIds.length === 0 || !(nats > -Infinity && nats <= 1e-5 * tokenIds.length))
      throw new UniArmError(
        "log-probs-range",
        `${where} has ${tokenIds.length} tokens and a log-probability of ${nats} (${name}); expected tokens, and a finite number of at most 0. A token that one model cannot give makes the divergence infinite.`,
      );
  return logProbNats - baseLogProbNats!;
}

/** The mean over prompts of each prompt's mean, with Student's interval. */
function meanOverPrompts(answers: readonly SteeredAnswer[], confidence: number): Estimate {
  const means = Float64Array.from(
    Map.groupBy(answers, ({ promptId }) => promptId).values(),
    (own) => own.reduce((sum, answer) => sum + differenceOf(answer), 0) / own.length,
  );
  const value = means.reduce((sum, one) => sum + one, 0) / means.length;
  const spread = crossedSpread(
    [means],
    Array.from(means, () => ""),
  );
  return { value, interval: spread && spreadInterval(value, spread, confidence) };
}

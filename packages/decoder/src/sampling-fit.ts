import { tooShortFor, UniArmError, type DecodingConfig, type Fusion, type SamplingConfig } from "@uniarm/core/schema";
import type { GuidedModels } from "./guided-batch.ts";

/**
 * Refuses sampling that does not fit the models or the length of the response.
 * @throws UniArmError logit-bias-out-of-range, min-new-tokens-above-most
 */
export function checkSamplingFits(
  { logitBias, minNewTokens }: SamplingConfig,
  { model, armModel, sharedVocabulary }: Pick<GuidedModels, "model" | "armModel" | "sharedVocabulary">,
  maxNewTokens: number,
): void {
  const vocabulary = Math.min(
    ...[model, ...(armModel ? [armModel] : [])].map(({ config }) => config.vocabularySize),
    sharedVocabulary ?? Infinity,
  );
  const outside = Object.keys(logitBias).find((id) => Number(id) >= vocabulary);
  if (outside !== undefined)
    throw new UniArmError(
      "logit-bias-out-of-range",
      `logitBias names token ${outside}, but only tokens 0 to ${vocabulary - 1} can be chosen. Give ids of tokens that the model has.`,
    );
  if (minNewTokens > maxNewTokens)
    throw new UniArmError("min-new-tokens-above-most", `${tooShortFor(minNewTokens, maxNewTokens)}.`);
}

/**
 * Best of n keeps what ARMs reward most: tuned policies are no rewards.
 * @throws UniArmError best-of-without-arms
 */
export function checkSearchFits({ bestOf }: Pick<DecodingConfig, "bestOf">, { rule }: Fusion): void {
  if (bestOf > 1 && rule !== "product")
    throw new UniArmError(
      "best-of-without-arms",
      `bestOf ${bestOf} keeps what ARMs reward most, but fusion ${rule} is of tuned policies, which reward nothing. Set bestOf 1, or use a checkpoint of ARMs.`,
    );
}

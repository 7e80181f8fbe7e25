import { batches, askScorer, type Generation, type ObjectiveList, type Score, type Scorer } from "@uniarm/core/schema";

const REQUESTS_PER_CALL = 256;

/**
 * Scores generations, in order; larger is better from here on, whatever the direction of an objective.
 *
 * @param stratumOf names the stratum of a generation's prompt; prompts of one stratum are resampled among themselves
 * @throws UniArmError scorer-count, scorer-objective-missing, scorer-not-finite
 */
export async function* score(
  generations: Iterable<Generation> | AsyncIterable<Generation>,
  scorer: Scorer,
  objectives: ObjectiveList,
  stratumOf?: (generation: Generation) => string | undefined,
): AsyncGenerator<Score> {
  for await (const batch of batches(generations, REQUESTS_PER_CALL)) {
    const requests = batch.map(({ promptId, prompt, messages, text }) => ({
      promptId,
      prompt,
      messages,
      response: text,
    }));
    const nameOf = (index: number): string => `prompt "${batch[index]!.promptId}", sample ${batch[index]!.sample}`;
    const all = await askScorer(scorer, requests, objectives, nameOf);
    for (const [index, generation] of batch.entries()) {
      const { promptId, preference, sample, baseWeights } = generation;
      const stratum = stratumOf?.(generation);
      const rewards = all[index]!;
      yield {
        promptId,
        preference,
        sample,
        rewards,
        ...(baseWeights === undefined ? {} : { baseWeights }),
        ...(stratum === undefined ? {} : { stratum }),
      };
    }
  }
}

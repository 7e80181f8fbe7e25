import { UniArmError, type Generation, type ObjectiveList, type Score } from "@uniarm/core/schema";

/** Rewards of responses by objective name, in the direction of each objective (a cost stays a cost); one record per request, in order. */
export type RewardScorer = (requests: { prompt: string; response: string }[]) => Promise<Record<string, number>[]>;

const REQUESTS_PER_CALL = 256;

/**
 * Scores generations, in order. The scorer may name more objectives than asked for; the others are left out.
 * This is the one place where directions are turned: minimised objectives are negated, so from here on larger is better.
 *
 * @param stratumOf names the stratum of a generation's prompt; prompts of one stratum are resampled among themselves
 * @throws UniArmError scorer-count, scorer-objective-missing, scorer-not-finite
 */
export async function* score(
  generations: Iterable<Generation> | AsyncIterable<Generation>,
  scorer: RewardScorer,
  objectives: ObjectiveList,
  stratumOf?: (generation: Generation) => string | undefined,
): AsyncGenerator<Score> {
  for await (const batch of batches(generations, REQUESTS_PER_CALL)) {
    const answers = await scorer(batch.map(({ prompt, text }) => ({ prompt, response: text })));
    if (answers.length !== batch.length) {
      throw new UniArmError(
        "scorer-count",
        `The scorer was given ${batch.length} responses and gave ${answers.length} records of rewards; it must give one per response, in order.`,
      );
    }
    for (const [index, generation] of batch.entries()) {
      const { promptId, preference, sample } = generation;
      const stratum = stratumOf?.(generation);
      const rewards = turned(answers[index]!, objectives, generation);
      yield { promptId, preference, sample, rewards, ...(stratum === undefined ? {} : { stratum }) };
    }
  }
}

/** Raw rewards -> rewards of which larger is better, in the order of the objectives. */
function turned(
  raw: Record<string, number>,
  objectives: ObjectiveList,
  { promptId, sample }: Generation,
): Record<string, number> {
  const rewards: Record<string, number> = {};
  for (const { name, direction } of objectives) {
    const value = raw[name];
    if (value === undefined) {
      throw new UniArmError(
        "scorer-objective-missing",
        `The scorer gave no "${name}" for prompt "${promptId}", sample ${sample}: it named [${Object.keys(raw).join(", ")}]. ` +
          `It must name every objective: [${objectives.map((objective) => objective.name).join(", ")}].`,
      );
    }
    if (!Number.isFinite(value)) {
      throw new UniArmError(
        "scorer-not-finite",
        `The scorer gave ${name} = ${value} for prompt "${promptId}", sample ${sample}; rewards must be finite numbers.`,
      );
    }
    rewards[name] = direction === "minimize" ? 0 - value : value; // larger is better from here on
  }
  return rewards;
}

async function* batches<T>(items: Iterable<T> | AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

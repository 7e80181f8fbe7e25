import type { RewardModelConfig, ScoringRequest } from "@uniarm/core/schema";
import type { OpenScorer } from "../open-scorer.ts";
import { openScoreCache, type ScoreCache } from "./cache.ts";
import { openRewardModel, type RewardModel } from "./open.ts";
import type { ScoredRow } from "./scored-model.ts";

export interface RewardModelScorerOptions {
  /** file of known scores; default: in memory */
  cache?: string | undefined;
  /** called after every batch with the texts done, of all that a call has to score */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Opens the reward models of several objectives as one scorer. Texts are scored in batches of similar lengths; those in the cache are not
 * scored again.
 * @throws UniArmError as `openRewardModel` does
 */
export async function openRewardModels(
  configs: readonly RewardModelConfig[],
  { cache: path, onProgress }: RewardModelScorerOptions = {},
): Promise<OpenScorer> {
  const models: RewardModel[] = [];
  const cache = await openScoreCache(path);
  const counts = { scored: 0, cached: 0, truncated: 0 };
  const dispose = async (): Promise<void> => {
    for (const model of models) model.dispose();
    await cache.close();
  };
  try {
    for (const config of configs) models.push(await openRewardModel(config));
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    objectives: models.map(({ objective, direction }) => ({ name: objective, direction })),
    counts,
    dispose,
    score: async (requests) => {
      const columns: number[][] = [];
      for (const [index, model] of models.entries()) {
        const before = index * requests.length;
        columns.push(
          await scoreAll(model, requests, cache, counts, (done) =>
            onProgress?.(before + done, models.length * requests.length),
          ),
        );
      }
      return requests.map((_, row) =>
        Object.fromEntries(models.map(({ objective }, column) => [objective, columns[column]![row]!])),
      );
    },
  };
}

interface Text extends ScoredRow {
  /** ids and segments, which decide the score: a special token and the same letters in an answer are one text, not the same ids */
  key: string;
  /** the requests that ask for it */
  rows: number[];
}

async function scoreAll(
  model: RewardModel,
  requests: readonly ScoringRequest[],
  cache: ScoreCache,
  counts: OpenScorer["counts"],
  progress: (done: number) => void,
): Promise<number[]> {
  const scores = new Array<number>(requests.length);
  const unknown = new Map<string, Text>();
  let done = 0;
  requests.forEach(({ prompt, messages, response }, row) => {
    const { ids, types, truncated } = model.read(messages ?? prompt, response);
    const key = types ? `${ids.join(" ")} | ${types.join(" ")}` : ids.join(" ");
    if (truncated) counts.truncated += 1;
    const known = cache.get(model.key, key);
    if (known !== undefined) {
      scores[row] = known;
      counts.cached += 1;
      done += 1;
      return;
    }
    const asked = unknown.get(key);
    if (asked) asked.rows.push(row);
    else unknown.set(key, { key, ids, types, rows: [row] });
  });
  for (const batch of batchesOf([...unknown.values()], model.batchTokens)) {
    const rewards = await model.score(batch);
    await cache.add(
      model.key,
      batch.map(({ key }, index) => ({ text: key, score: rewards[index]! })),
    );
    batch.forEach(({ rows }, index) => {
      for (const row of rows) scores[row] = rewards[index]!;
      done += rows.length;
    });
    counts.scored += batch.length;
    progress(done);
  }
  progress(requests.length);
  return scores;
}

/** Texts of similar length, as many as fit `batchTokens` with padding; the longest first, so that a lack of memory shows early. */
function batchesOf(texts: readonly Text[], batchTokens: number): Text[][] {
  const batches: Text[][] = [];
  for (const text of texts.toSorted((one, other) => other.ids.length - one.ids.length)) {
    const batch = batches.at(-1);
    const isFull = batch && (batch.length + 1) * batch[0]!.ids.length > batchTokens;
    if (!batch || isFull) batches.push([text]);
    else batch.push(text);
  }
  return batches;
}

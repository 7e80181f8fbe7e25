import type { Objective, PreferencePair, Winner } from "@uniarm/core/schema";
import { UniArmError } from "@uniarm/core/schema";

/** Rewards of responses by objective name, in the direction of each objective; one record per request, in order. */
export type Scorer = (requests: { prompt: string; response: string }[]) => Promise<Record<string, number>[]>;

export interface RelabelOptions {
  scorer: Scorer;
  /** names and directions; scores are turned so that larger is better */
  objectives: readonly Pick<Objective, "name" | "direction">[];
  /** who wins equal scores: nobody, or response 1, as in PARM's data */
  ties?: "tie" | "second";
  /** pairs that are scored at once */
  batchPairs?: number;
}

/** Pairs with new winners and scores: what reward models say of both responses. */
export async function* relabel(
  pairs: AsyncIterable<PreferencePair>,
  { scorer, objectives, ties = "tie", batchPairs = 128 }: RelabelOptions,
): AsyncGenerator<PreferencePair> {
  for await (const batch of batches(pairs, batchPairs)) {
    const requests = batch.flatMap(({ prompt, responses }) => responses.map((response) => ({ prompt, response })));
    const rewards = await scored(scorer, requests, objectives);
    for (const [index, pair] of batch.entries())
      yield labelled(pair, [rewards[2 * index]!, rewards[2 * index + 1]!], ties);
  }
}

/** A prompt and what was answered to it. */
export interface Responses {
  prompt: string;
  messages?: PreferencePair["messages"];
  responses: readonly string[];
}

/**
 * Pairs of prompts' own responses: of n different ones, neighbours (0,1), (2,3), ... are paired, so that no response
 * counts twice. Prompts with fewer than two different responses give none.
 */
export async function* pairsFromResponses(
  prompts: AsyncIterable<Responses>,
  options: RelabelOptions,
): AsyncGenerator<PreferencePair> {
  yield* relabel(neighbours(prompts), options);
}

async function* neighbours(prompts: AsyncIterable<Responses>): AsyncGenerator<PreferencePair> {
  for await (const { prompt, messages, responses } of prompts) {
    const different = [...new Set(responses)];
    for (let at = 0; at + 1 < different.length; at += 2) {
      const pair: [string, string] = [different[at]!, different[at + 1]!];
      yield { prompt, ...(messages ? { messages } : {}), responses: pair, winners: {} };
    }
  }
}

function labelled(
  pair: PreferencePair,
  [one, other]: [Record<string, number>, Record<string, number>],
  ties: "tie" | "second",
): PreferencePair {
  const names = Object.keys(one);
  const winner = (name: string): Winner => {
    const [first, second] = [one[name] ?? 0, other[name] ?? 0];
    if (first === second) return ties === "second" ? 1 : "tie";
    return first > second ? 0 : 1;
  };
  return {
    ...pair,
    winners: Object.fromEntries(names.map((name) => [name, winner(name)])),
    scores: Object.fromEntries(names.map((name) => [name, [one[name]!, other[name]!] as [number, number]])),
  };
}

/** Rewards of which larger is better. @throws UniArmError scorer-count, scorer-not-finite */
async function scored(
  scorer: Scorer,
  requests: { prompt: string; response: string }[],
  objectives: RelabelOptions["objectives"],
): Promise<Record<string, number>[]> {
  const rewards = await scorer(requests);
  if (rewards.length !== requests.length) {
    throw new UniArmError(
      "scorer-count",
      `The scorer was given ${requests.length} responses and gave ${rewards.length} records of rewards; it must give one per response, in order.`,
    );
  }
  return rewards.map((record) =>
    Object.fromEntries(
      objectives.map(({ name, direction }) => {
        const value = record[name];
        if (value === undefined || !Number.isFinite(value)) {
          throw new UniArmError(
            "scorer-not-finite",
            `The scorer gave ${name} = ${value}; rewards must be finite numbers.`,
          );
        }
        return [name, direction === "minimize" ? 0 - value : value];
      }),
    ),
  );
}

async function* batches<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

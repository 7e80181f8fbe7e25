import { batches, askScorer, type Objective, type PreferencePair, type Scorer, type Winner } from "@uniarm/core/schema";

export interface RelabelOptions {
  scorer: Scorer;
  /** names and directions */
  objectives: readonly Pick<Objective, "name" | "direction">[];
  /** which response wins equal scores: none, or response 1, as in PARM's data */
  ties?: "tie" | "second";
  /** pairs that are scored at once */
  batchPairs?: number;
}

/**
 * Pairs with new winners and scores: the rewards that a scorer gives both responses, larger is better.
 * @throws UniArmError scorer-count, scorer-objective-missing, scorer-not-finite
 */
export async function* relabel(
  pairs: AsyncIterable<PreferencePair>,
  { scorer, objectives, ties = "tie", batchPairs = 128 }: RelabelOptions,
): AsyncGenerator<PreferencePair> {
  for await (const batch of batches(pairs, batchPairs)) {
    const requests = batch.flatMap(({ prompt, messages, responses }) =>
      responses.map((response) => ({ prompt, messages, response })),
    );
    const nameOf = (index: number): string =>
      `response ${index % 2} to the prompt ${JSON.stringify(requests[index]!.prompt.slice(0, 80))}`;
    const rewards = await askScorer(scorer, requests, objectives, nameOf);
    for (const [index, pair] of batch.entries())
      yield labelled(pair, [rewards[2 * index]!, rewards[2 * index + 1]!], ties);
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

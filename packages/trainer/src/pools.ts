import type { Example } from "./examples.ts";

/** A response to a prompt with its reward on each objective [K]. */
export interface ScoredResponse {
  response: readonly number[];
  scores: readonly number[];
}

/**
 * All distinct responses to each prompt, whichever pairs they come from, by the example that asks it. One that was scored
 * several times has the mean of its scores. Examples without scores have no pool.
 */
export function poolsOf(examples: readonly Example[]): ReadonlyMap<Example, readonly ScoredResponse[]> {
  const byPrompt = Map.groupBy(
    examples.filter(({ scores }) => scores !== null),
    ({ prompt }) => prompt.join(","),
  );
  const pools = new Map<Example, readonly ScoredResponse[]>();
  for (const asked of byPrompt.values()) {
    const scored = asked.flatMap(({ responses, scores }) =>
      responses.map((response, side) => ({ response, scores: scores![side]! })),
    );
    const distinct = Map.groupBy(scored, ({ response }) => response.join(","));
    const pool = [...distinct.values()].map((same) => ({ response: same[0]!.response, scores: meanOf(same) }));
    for (const example of asked) pools.set(example, pool);
  }
  return pools;
}

const meanOf = (same: readonly ScoredResponse[]): number[] =>
  same[0]!.scores.map((_, axis) => same.reduce((sum, { scores }) => sum + scores[axis]!, 0) / same.length);

import { UniArmError, type Generation, type Score } from "@uniarm/core/schema";
import { rowKey, type AnswerPair } from "./match.ts";

/** By objective, for each pair: 1 where the scorer prefers the method's answer, -1 the opponent's, 0 neither. */
export type ScorerPreferences = ReadonlyMap<string, ReadonlyMap<AnswerPair, number>>;

/**
 * Which answer of each pair the scorer scores higher. Objectives that no score of the method names are left out.
 * @throws UniArmError judge-scores-objectives, judge-scores-missing, judge-scores-duplicate
 */
export function scorerPreferences(
  pairs: readonly AnswerPair[],
  objectives: readonly string[],
  scores: { method: readonly Score[]; opponent: readonly Score[] },
): ScorerPreferences {
  const rewardOf = { method: lookup(scores.method, "method"), opponent: lookup(scores.opponent, "opponent") };
  const scored = objectives.filter((name) => scores.method.some(({ rewards }) => rewards[name] !== undefined));
  if (scored.length === 0)
    throw new UniArmError(
      "judge-scores-objectives",
      `The scores are of [${Object.keys(scores.method[0]?.rewards ?? {}).join(", ")}] and the judge compares [${objectives.join(", ")}]: there is nothing to agree on. Name the objectives alike, or leave out scores and opponentScores.`,
    );
  return new Map(
    scored.map((name) => [
      name,
      new Map(
        pairs.map((pair) => [
          pair,
          Math.sign(rewardOf.method(pair.method, name) - rewardOf.opponent(pair.opponent, name)),
        ]),
      ),
    ]),
  );
}

function lookup(scores: readonly Score[], whose: string): (row: Generation, objective: string) => number {
  const rows = new Map<string, Score>();
  for (const score of scores) {
    if (rows.has(rowKey(score)))
      throw new UniArmError(
        "judge-scores-duplicate",
        `The scores of the ${whose} have ${nameOf(score)} twice. Was a file of scores put together from others?`,
      );
    rows.set(rowKey(score), score);
  }
  return (row, objective) => {
    const value = rows.get(rowKey(row))?.rewards[objective];
    if (value === undefined)
      throw new UniArmError(
        "judge-scores-missing",
        `The scores of the ${whose} have no ${objective} of ${nameOf(row)}. Score the same answers that are judged: uniarm score --help`,
      );
    return value;
  };
}

const nameOf = ({ promptId, preference, sample }: Pick<Score, "promptId" | "preference" | "sample">): string =>
  `prompt "${promptId}", preference ${JSON.stringify(preference)}, sample ${sample}`;

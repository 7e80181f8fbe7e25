import type { Random } from "@uniarm/core";
import { winnerOf, type Finish, type Generation, type PreferencePair, type Score } from "@uniarm/core/schema";

type Answer = Pick<Generation, "prompt" | "messages" | "text"> & {
  /** null: unknown */
  finish: Finish | null;
  rewards: Score["rewards"];
};

/**
 * Pairs of answers that are new: distinct ones of a prompt, two by two in random order; of an odd number the last one meets
 * an answer that was known before with its scores. Each has the winner and the scores of every objective.
 * @param scores one for each generation, in any order
 * @param known pairs so far
 */
export function pairAnswers(
  generations: readonly Generation[],
  scores: readonly Score[],
  known: readonly PreferencePair[],
  random: Random,
): PreferencePair[] {
  const rewards = new Map(scores.map((score) => [keyOf(score), score.rewards]));
  const answers = generations.map((one): Answer => ({ ...one, rewards: rewards.get(keyOf(one))! }));
  const before = Map.groupBy(known.flatMap(answersOf), promptKey);
  return [...Map.groupBy(answers, promptKey)].flatMap(([key, all]) => {
    const old = before.get(key) ?? [];
    const seen = new Set(old.map(({ text }) => text));
    const fresh = random.shuffle(all).filter(({ text }) => !seen.has(text) && seen.add(text));
    const rivals = old.filter((one) => isScoredAs(one, all[0]!));
    const last = fresh.length % 2 === 1 ? rivals[random.integer(Math.max(1, rivals.length))] : undefined;
    return twoByTwo(last ? [...fresh, last] : fresh).map(pairOf);
  });
}

const keyOf = ({ promptId, preference, sample }: Pick<Score, "promptId" | "preference" | "sample">): string =>
  JSON.stringify([promptId, preference, sample]);

const promptKey = ({ prompt, messages }: Pick<Answer, "prompt" | "messages">): string =>
  JSON.stringify(messages ?? prompt);

/** Whether an answer has the score of every objective that another one has. */
const isScoredAs = ({ rewards }: Answer, other: Answer): boolean =>
  Object.keys(other.rewards).every((name) => name in rewards);

/** The answers of a pair; without rewards where the pair has no scores. */
const answersOf = ({ prompt, messages, responses, finishes, scores = {} }: PreferencePair): Answer[] =>
  responses.map((text, side) => ({
    prompt,
    ...(messages ? { messages } : {}),
    text,
    finish: finishes?.[side as 0 | 1] ?? null,
    rewards: Object.fromEntries(Object.entries(scores).map(([name, both]) => [name, both[side]!])),
  }));

const twoByTwo = (answers: readonly Answer[]): [Answer, Answer][] =>
  Array.from({ length: Math.floor(answers.length / 2) }, (_, index) => [answers[2 * index]!, answers[2 * index + 1]!]);

function pairOf([first, second]: [Answer, Answer]): PreferencePair {
  const scores = Object.fromEntries(
    Object.entries(first.rewards).map(([name, reward]): [string, [number, number]] => [
      name,
      [reward, second.rewards[name]!],
    ]),
  );
  return {
    prompt: first.prompt,
    ...(first.messages ? { messages: first.messages } : {}),
    responses: [first.text, second.text],
    finishes: [first.finish, second.finish],
    winners: Object.fromEntries(Object.entries(scores).map(([name, both]) => [name, winnerOf(...both)])),
    scores,
  };
}

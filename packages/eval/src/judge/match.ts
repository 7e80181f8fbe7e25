import { UniArmError, type Generation } from "@uniarm/core/schema";

/** An answer of the method and the opponent's to the same prompt. */
export interface AnswerPair {
  method: Generation;
  opponent: Generation;
}

export const preferenceKey = (preference: readonly number[] | null): string => JSON.stringify(preference);
export const rowKey = ({
  promptId,
  preference,
  sample,
}: Pick<Generation, "promptId" | "preference" | "sample">): string => JSON.stringify([promptId, preference, sample]);

/**
 * Each answer of the method with the opponent's of the same prompt and sample number; an opponent with one sample a prompt
 * meets all samples. An opponent under one preference (or none) meets all of the method's; under several, the equal one.
 * @throws UniArmError judge-empty, judge-duplicate, judge-incomplete, judge-opponent-missing, judge-prompts-differ
 */
export function matchAnswers(method: readonly Generation[], opponent: readonly Generation[]): AnswerPair[] {
  if (method.length === 0 || opponent.length === 0)
    throw new UniArmError(
      "judge-empty",
      `There are ${method.length} answers of the method and ${opponent.length} of the opponent; a win rate needs both. Decode them first: uniarm decode --help`,
    );
  const rows = byRow(method, "method");
  assertSamePrompts(rows.values());
  const opponents = byRow(opponent, "opponent");
  const preferences = new Map(opponent.map(({ preference }) => [preferenceKey(preference), preference]));
  const isSingle = opponent.every(({ sample }) => sample === 0);
  const [only] = preferences.values();
  return [...rows.values()].map((answer) => {
    const wanted = {
      promptId: answer.promptId,
      preference: preferences.size === 1 ? (only ?? null) : answer.preference,
      sample: isSingle ? 0 : answer.sample,
    };
    const met = opponents.get(rowKey(wanted));
    if (!met)
      throw new UniArmError(
        "judge-opponent-missing",
        `The opponent has no answer to ${nameOf(wanted)}, which the method's answer to ${nameOf(answer)} is to meet. Decode the opponent on the same prompts.`,
      );
    assertSameQuestion(answer, met);
    return { method: answer, opponent: met };
  });
}

function byRow(generations: readonly Generation[], whose: string): Map<string, Generation> {
  const rows = new Map<string, Generation>();
  for (const generation of generations) {
    const key = rowKey(generation);
    if (rows.has(key))
      throw new UniArmError(
        "judge-duplicate",
        `The ${whose} has two answers to ${nameOf(generation)}; expected one. Was a file given twice?`,
      );
    rows.set(key, generation);
  }
  return rows;
}

/** Win rates of different preferences compare only over the same prompts. */
function assertSamePrompts(generations: Iterable<Generation>): void {
  const prompts = new Map<string, Set<string>>();
  const all = new Set<string>();
  for (const { promptId, preference } of generations) {
    const key = preferenceKey(preference);
    prompts.set(key, (prompts.get(key) ?? new Set()).add(promptId));
    all.add(promptId);
  }
  for (const [preference, ids] of prompts) {
    const missing = [...all].find((id) => !ids.has(id));
    if (missing !== undefined)
      throw new UniArmError(
        "judge-incomplete",
        `Preference ${preference} has answers to ${ids.size} of ${all.size} prompts: prompt "${missing}" is missing. Every preference needs the same prompts: decode the missing ones.`,
      );
  }
}

function assertSameQuestion(one: Generation, other: Generation): void {
  if (one.prompt === other.prompt && JSON.stringify(one.messages) === JSON.stringify(other.messages)) return;
  throw new UniArmError(
    "judge-prompts-differ",
    `Prompt "${one.promptId}" is ${quoted(one.prompt)} for the method and ${quoted(other.prompt)} for the opponent. Both must answer the same prompts.`,
  );
}

const quoted = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
const nameOf = ({ promptId, preference, sample }: Pick<Generation, "promptId" | "preference" | "sample">): string =>
  `prompt "${promptId}", preference ${preferenceKey(preference)}, sample ${sample}`;

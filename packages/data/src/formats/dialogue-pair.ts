import type { Message } from "@uniarm/core/schema";

/** What two dialogues have in common and how each answers it, or why they are no pair. */
export type DialoguePair =
  { messages: Message[]; responses: [chosen: string, rejected: string]; reason: null } | { reason: string };

/**
 * Splits two dialogues at their common beginning, as TRL does. They are a pair where one answer of the assistant is left of
 * each: a longer rest holds turns of the user, which no model is to learn as its answer.
 * @param options.what they are, for the reasons
 * @param options.mayBeEmpty whether an answer of no words is one
 */
export function dialoguePair(
  chosen: readonly Message[],
  rejected: readonly Message[],
  { what = "dialogues", mayBeEmpty = false } = {},
): DialoguePair {
  const most = Math.min(chosen.length, rejected.length) - 1; // the last turns are the answers, even where they are equal
  let shared = 0;
  while (shared < most && isSame(chosen[shared]!, rejected[shared]!)) shared++;
  const [answer, other] = [chosen.at(-1), rejected.at(-1)];
  if (answer?.role !== "assistant" || other?.role !== "assistant")
    return { reason: "a dialogue does not end in the assistant's answer" };
  if (chosen.length !== rejected.length)
    return {
      reason: `the ${what} have ${chosen.length} and ${rejected.length} turns: more than the last answer differs`,
    };
  if (shared < most) return { reason: `the ${what} differ before the last answer` };
  const messages = chosen.slice(0, shared);
  if (messages.length === 0) return { reason: "there is no prompt before the answers" };
  if (messages.at(-1)!.role !== "user")
    return { reason: `the prompt ends in the ${messages.at(-1)!.role}'s turn, not the user's` };
  return answersPair(messages, [answer.content, other.content], { mayBeEmpty });
}

/** Answers that are empty, or that go on with the next turns of a transcript, make no pair. */
export function answersPair(
  messages: Message[],
  responses: [string, string],
  { names = ["chosen", "rejected"], mayBeEmpty = false } = {},
): DialoguePair {
  for (const [place, response] of responses.entries()) {
    if (!mayBeEmpty && response.trim() === "") return { reason: `${names[place]} has an empty response` };
    if (NEXT_TURN.test(response))
      return { reason: `${names[place]} has further turns of a transcript in its response` };
  }
  return { messages, responses, reason: null };
}

const NEXT_TURN = /\n\n(?:Human|Assistant):/;

const isSame = (one: Message, other: Message): boolean => one.role === other.role && one.content === other.content;

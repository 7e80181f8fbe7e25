import type { Generation, Verdict } from "@uniarm/core/schema";

/** An answer to prompt `promptId` that says `text`. */
export const answerOf = (promptId: string, text: string, more: Partial<Generation> = {}): Generation => ({
  promptId,
  prompt: `question ${promptId}`,
  preference: [0.5, 0.5],
  sample: 0,
  text,
  tokenIds: [],
  finish: "eos",
  logProbNats: 0,
  ...more,
});

/** The two answers that a question of the default form shows. */
export function shownIn(question: string): { first: string; second: string } {
  const between = (mark: string): string => question.split(`<${mark}>\n`)[1]!.split(`\n</${mark}>`)[0]!;
  return { first: between("first_answer"), second: between("second_answer") };
}

/** A verdict on prompt `promptId`. */
export const verdictOf = (promptId: string, outcome: Verdict["outcome"], more: Partial<Verdict> = {}): Verdict => ({
  promptId,
  preference: [0.5, 0.5],
  sample: 0,
  opponent: { preference: null, sample: 0 },
  objective: "helpful",
  outcome,
  reason: outcome === "failed" ? "unreadable" : null,
  choices: [null, null],
  answers: ["", ""],
  ...more,
});

import { winnerOf, type ObjectiveList, type PreferencePair, type ScoringRequest } from "@uniarm/core/schema";
import { scoreResponse } from "./parse.ts";
import { parsePrompt } from "./prompts.ts";

/** Two responses to one prompt, not compared yet. */
export interface ResponsePair {
  prompt: string;
  responses: [string, string];
  /** how they ended, where that is known */
  finishes?: PreferencePair["finishes"];
}

/** Exact scores of both responses and the winner per objective: the higher score; equal scores are a tie. */
export function makePairs(pairs: readonly ResponsePair[], objectives: ObjectiveList): PreferencePair[] {
  return pairs.map(({ prompt, responses, finishes }) => {
    const task = parsePrompt(prompt);
    const [first, second]: [Record<string, number>, Record<string, number>] = [
      scoreResponse(task, responses[0]),
      scoreResponse(task, responses[1]),
    ];
    const scores = objectives.map(({ name }) => [name, [first[name]!, second[name]!] as [number, number]] as const);
    return {
      prompt,
      responses,
      ...(finishes ? { finishes } : {}),
      winners: Object.fromEntries(scores.map(([name, [one, other]]) => [name, winnerOf(one, other)])),
      scores: Object.fromEntries(scores),
    };
  });
}

/** Tiny-world's scorer: exact rewards of responses to its prompts. */
export function scoreBatch(requests: readonly ScoringRequest[]): Promise<Record<string, number>[]> {
  return Promise.resolve(requests.map(({ prompt, response }) => scoreResponse(parsePrompt(prompt), response)));
}

/** The hazard level of a prompt, so that a bootstrap keeps the levels balanced. */
export function stratumOf({ prompt }: { prompt: string }): string {
  return `hazard-${parsePrompt(prompt).level}`;
}

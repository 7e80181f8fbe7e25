import { UniArmError } from "@uniarm/core/schema";
import {
  TINY_WORLD_OBJECTIVES,
  exactBest,
  isClean,
  parsePrompt,
  parseResponse,
  scoreResponse,
  type Task,
} from "@uniarm/tiny-world/exact";

/** What tiny-world's parser says of an answer. */
export interface Judged {
  rewards: Record<string, number>;
  /** what each sentence is: S step, D detail, C caution, R refusal, J joke, F filler, X unknown, P repeated */
  kinds: string[];
  /** three or four sentences, all known, none repeated */
  clean: boolean;
}

export interface Judgement {
  /** 0 harmless to 3 dangerous; prompts do not tell */
  hazard: number;
  answers: Judged[];
  /** the best possible answer at each preference that was given */
  best: { kinds: string[]; rewards: Record<string, number> }[];
}

/** Exact rewards of answers to a prompt; null where it is not one of tiny-world's. */
export function judge(
  prompt: string,
  answers: readonly string[],
  preferences: readonly (readonly number[])[],
): Judgement | null {
  const task = taskOf(prompt);
  if (!task) return null;
  return {
    hazard: task.level,
    answers: answers.map((text) => ({
      rewards: scoreResponse(task, text),
      kinds: parseResponse(task, text),
      clean: isClean(task, text),
    })),
    best: preferences
      .filter(({ length }) => length === 2 || length === 3)
      .map((preference) => {
        const { kinds, rewards } = exactBest(task.level, preference);
        return {
          kinds,
          rewards: Object.fromEntries(rewards.map((reward, axis) => [TINY_WORLD_OBJECTIVES[axis]!, reward])),
        };
      }),
  };
}

function taskOf(prompt: string): Task | null {
  try {
    return parsePrompt(prompt);
  } catch (error) {
    if (error instanceof UniArmError && error.code === "tiny-world-prompt") return null;
    throw error;
  }
}

import { POOL_KINDS, POOLS } from "./data.ts";
import type { Kind, ParsedKind } from "./kinds.ts";
import { rewardsOfKinds, type Rewards } from "./rewards.ts";
import type { Task } from "./tasks.ts";

const POOL_KIND_OF: ReadonlyMap<string, Kind> = new Map(
  POOL_KINDS.flatMap((kind) => POOLS[kind].map((text) => [text, kind] as const)),
);

/**
 * The kinds of a response's sentences, split after each full stop. X: not a sentence of this task or the pools (an unfinished
 * last sentence too); P: repeats an earlier valid sentence of the response.
 */
export function parseResponse(task: Task, text: string): ParsedKind[] {
  const seen = new Set<string>();
  return sentencesOf(text).map((sentence) => {
    const kind = task.steps.includes(sentence) ? "S" : POOL_KIND_OF.get(sentence);
    if (!kind) return "X";
    if (seen.has(sentence)) return "P";
    seen.add(sentence);
    return kind;
  });
}

/** Exact rewards of a response to a task. */
export function scoreResponse(task: Task, text: string): Rewards {
  return rewardsOfKinds(parseResponse(task, text), task.level);
}

/** Clean text: every sentence parses, none repeats, three or four of them. */
export function isClean(task: Task, text: string): boolean {
  const kinds = parseResponse(task, text);
  return (kinds.length === 3 || kinds.length === 4) && kinds.every((kind) => kind !== "X" && kind !== "P");
}

function sentencesOf(text: string): string[] {
  return text
    .split(/(?<=\.)/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== "");
}

import type { Random } from "@uniarm/core";
import { POOLS } from "./data.ts";
import { nextKindWeights } from "./grammar.ts";
import { FOURTH_SENTENCE_PROBABILITY, KINDS, LONGEST_RESPONSE, SHORTEST_RESPONSE, type Kind } from "./kinds.ts";
import type { Task } from "./tasks.ts";

/** A response from the natural mixture: steps in their order, other sentences uniformly among the unused ones of their kind. */
export function sampleResponse(task: Task, random: Random): string {
  const length = random.uniform() < FOURTH_SENTENCE_PROBABILITY ? LONGEST_RESPONSE : SHORTEST_RESPONSE;
  const kinds: Kind[] = [];
  while (kinds.length < length) kinds.push(KINDS[random.categorical(nextKindWeights(kinds, task.level))]!);
  return textOf(task, kinds, random);
}

/** Sentences of the given kinds; kinds stay within the grammar's limits. */
export function textOf(task: Task, kinds: readonly Kind[], random: Random): string {
  const used = new Set<string>();
  const sentences = kinds.map((kind) => {
    const pool = kind === "S" ? task.steps : POOLS[kind];
    const unused = pool.filter((text) => !used.has(text));
    const sentence = unused[kind === "S" ? 0 : random.integer(unused.length)]!;
    used.add(sentence);
    return sentence;
  });
  return sentences.join(" ");
}

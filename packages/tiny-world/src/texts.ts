import type { Random } from "@uniarm/core";
import { UniArmError } from "@uniarm/core/schema";
import { POOL_KINDS, POOLS } from "./data.ts";
import { tinyWorldObjectives } from "./objectives.ts";
import { parsePrompt, PROMPT_TEXTS, promptText, TEMPLATE_COUNT } from "./prompts.ts";
import { sampleResponse } from "./respond.ts";
import { TEST_TASKS, TRAINING_TASKS, VALIDATION_TASKS } from "./split.ts";
import type { Task } from "./tasks.ts";

/** A prompt of one turn, as all of tiny-world's are. */
export interface TextPrompt {
  id: string;
  text: string;
}

/** Prompts of training tasks with responses of the natural mixture: what the base model is pre-trained on. */
export function makeTexts(count: number, random: Random): { prompt: string; response: string }[] {
  return trainingPromptDraws(count, random).map(({ text }, index) => ({
    prompt: text,
    response: sampleResponse(parsePrompt(text), random.fork(`response-${index}`)),
  }));
}

/**
 * `count` prompts drawn uniformly from those of the training tasks; ids draw-0, draw-1, ...
 * @param options.leaveOutValidation none of the tasks that `validationPrompts` asks about
 */
export function trainingPromptDraws(
  count: number,
  random: Random,
  { leaveOutValidation = false }: { leaveOutValidation?: boolean } = {},
): TextPrompt[] {
  const draws = random.fork("prompts");
  const tasks = leaveOutValidation ? TRAINING_TASKS.filter((task) => !VALIDATION_TASKS.includes(task)) : TRAINING_TASKS;
  return Array.from({ length: count }, (_, index) => {
    const task = tasks[draws.integer(tasks.length)]!;
    return { id: `draw-${index}`, text: promptText(task, draws.integer(TEMPLATE_COUNT)) };
  });
}

/**
 * Held-out prompts, one per task, the hazard levels taking turns: a multiple of four is balanced.
 * @throws UniArmError tiny-world-prompts for more than there are
 */
export function testPrompts(count: number = TEST_TASKS.length): TextPrompt[] {
  if (count <= TEST_TASKS.length) return promptsOf(TEST_TASKS).slice(0, count);
  throw new UniArmError(
    "tiny-world-prompts",
    `tiny-world has ${TEST_TASKS.length} held-out prompts; ${count} were asked for. Ask for tiny-world:${TEST_TASKS.length} at most.`,
  );
}

/** Prompts of training tasks set aside for choosing settings. */
export function validationPrompts(): TextPrompt[] {
  return promptsOf(VALIDATION_TASKS);
}

/** What the tokenizer is trained on: texts in their template, all prompts, all pool sentences, the objectives' descriptions. */
export function tokenizerTexts(random: Random): string[] {
  const texts = makeTexts(2000, random).map(({ prompt, response }) => `USER: ${prompt} ASSISTANT: ${response}`);
  const pools = POOL_KINDS.flatMap((kind) => POOLS[kind]);
  return [...texts, ...PROMPT_TEXTS, ...pools, ...tinyWorldObjectives(3).map(({ description }) => description)];
}

const promptsOf = (tasks: readonly Task[]): TextPrompt[] =>
  tasks.map((task, index) => ({ id: task.id, text: promptText(task, index) }));

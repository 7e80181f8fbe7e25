import { UniArmError } from "@uniarm/core/schema";
import { TASKS, type Task } from "./tasks.ts";

const TEMPLATES = [
  (task: string) => `How do I ${task}?`,
  (task: string) => `What is the best way to ${task}?`,
  (task: string) => `Please tell me how to ${task}.`,
] as const;

export const TEMPLATE_COUNT = TEMPLATES.length;

/** @param template 0, 1 or 2; larger numbers start over */
export function promptText(task: Task, template: number): string {
  return TEMPLATES[template % TEMPLATE_COUNT]!(`${task.verb} the ${task.object}`);
}

/** All 1,152 prompts, template by template within each task. */
export const PROMPT_TEXTS: readonly string[] = TASKS.flatMap((task) =>
  TEMPLATES.map((_, template) => promptText(task, template)),
);

const TASK_OF_PROMPT: ReadonlyMap<string, Task> = new Map(
  PROMPT_TEXTS.map((text, index) => [text, TASKS[Math.floor(index / TEMPLATE_COUNT)]!]),
);

/**
 * The task that a prompt asks about.
 * @throws UniArmError tiny-world-prompt when it is none of the 1,152
 */
export function parsePrompt(text: string): Task {
  const task = TASK_OF_PROMPT.get(text);
  if (task) return task;
  throw new UniArmError(
    "tiny-world-prompt",
    `"${text}" is not one of tiny-world's prompts, so its answers have no exact reward. A prompt reads like "${PROMPT_TEXTS[0]}".`,
  );
}

import { join } from "node:path";
import { readJsonLines } from "@uniarm/core";
import { Prompt } from "@uniarm/core/schema";

/** What the parts of the list are for: to train, to choose settings, to measure. Each is a file of `prompts/`. */
export const EVERYDAY_PARTS = ["train", "validation", "test"] as const;
export type EverydayPart = (typeof EVERYDAY_PARTS)[number];

/** Questions of everyday life in plain English that ship: 100 to train on, 40 to choose settings by, 60 to measure on. */
export const everydayPrompts = (part: EverydayPart): Promise<Prompt[]> =>
  readJsonLines(join(import.meta.dirname, "../prompts", `everyday-${part}.jsonl`), Prompt);

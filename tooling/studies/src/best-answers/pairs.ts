import type { Random } from "@uniarm/core";
import { preferenceGrid, type PreferencePair } from "@uniarm/core/schema";
import {
  exactBest,
  makePairs,
  promptText,
  textOf,
  TRAINING_TASKS,
  VALIDATION_TASKS,
  type Kind,
  type ResponsePair,
} from "@uniarm/tiny-world";
import { tinyWorldObjectives } from "@uniarm/tiny-world/schema";

/** Parts of each axis of the preferences whose best answers are taken: finer than any grid that is decoded. */
const DIVISIONS = 20;
const TEMPLATES = [0, 1, 2];

/**
 * Pairs of the best answers there are: to every training prompt, those of all preferences, each once, without prompts of the
 * validation tasks. Nothing is left to find: what a model still lacks that is trained on them, adapter, loss or decoding forbid.
 */
export function bestAnswerPairs(objectives: 2 | 3, random: Random): PreferencePair[] {
  const preferences = preferenceGrid(objectives, DIVISIONS);
  const tasks = TRAINING_TASKS.filter((task) => !VALIDATION_TASKS.includes(task));
  const pairs = tasks.flatMap((task) => {
    const best = preferences.map((preference) => exactBest(task.level, preference).kinds);
    const kinds = [...new Map(best.map((sequence): [string, Kind[]] => [sequence.join(""), sequence])).values()];
    return TEMPLATES.flatMap((template) => {
      const prompt = promptText(task, template);
      const texts = kinds.map((sequence) => textOf(task, sequence, random.fork(prompt)));
      return inPairs(texts).map((responses): ResponsePair => ({ prompt, responses }));
    });
  });
  return makePairs(pairs, tinyWorldObjectives(objectives));
}

/** Each with the next; a last one alone with the first. */
const inPairs = (texts: readonly string[]): [string, string][] =>
  texts.flatMap((text, index): [string, string][] => (index % 2 === 0 ? [[text, texts[index + 1] ?? texts[0]!]] : []));

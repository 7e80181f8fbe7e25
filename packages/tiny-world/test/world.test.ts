import { createRandom, encodePrompt, encodeResponse, loadTokenizer, promptText, textOf } from "@uniarm/core";
import { preferenceGrid } from "@uniarm/core/schema";
import { execFileSync } from "node:child_process";
import { readFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  isClean,
  makeModelFolder,
  makePairs,
  makeTexts,
  parsePrompt,
  parseResponse,
  scoreBatch,
  scoreResponse,
  stratumOf,
  TASKS,
  TEST_TASKS,
  testPrompts,
  tinyWorldModel,
  tinyWorldObjectives,
  TRAINING_TASKS,
  trainingPromptDraws,
  VALIDATION_TASKS,
} from "../src/index.ts";
import { POOLS } from "../src/data.ts";
import { HAZARD_LEVELS } from "../src/kinds.ts";

const levels = (tasks: readonly { level: number }[]): number[] =>
  HAZARD_LEVELS.map((level) => tasks.filter((task) => task.level === level).length);

test("384 tasks: 100 held out, 25 a level; 284 to train on; a validation slice of 10 a level among them", () => {
  expect(TASKS).toHaveLength(384);
  expect(levels(TEST_TASKS)).toEqual([25, 25, 25, 25]);
  expect(levels(TRAINING_TASKS)).toEqual([39, 71, 75, 99]);
  expect(levels(VALIDATION_TASKS)).toEqual([10, 10, 10, 10]);
  expect(VALIDATION_TASKS.every((task) => TRAINING_TASKS.includes(task))).toBe(true);
});

test("every verb and every object occurs in training", () => {
  expect(new Set(TRAINING_TASKS.map(({ verb }) => verb)).size).toBe(16);
  expect(new Set(TRAINING_TASKS.map(({ object }) => object)).size).toBe(24);
});

test("neither texts nor drawn prompts ask about a held-out task", () => {
  const random = createRandom(3);
  const asked = [
    ...makeTexts(500, random).map(({ prompt }) => prompt),
    ...trainingPromptDraws(500, random).map(({ text }) => text),
  ];
  expect(asked.some((prompt) => TEST_TASKS.includes(parsePrompt(prompt)))).toBe(false);
});

test("prompts drawn without validation ask about none of its tasks, and about all others", () => {
  const draws = (leaveOutValidation: boolean) =>
    trainingPromptDraws(5000, createRandom(0), { leaveOutValidation }).map(({ text }) => parsePrompt(text));
  expect(draws(false).some((task) => VALIDATION_TASKS.includes(task))).toBe(true);
  const others = TRAINING_TASKS.filter((task) => !VALIDATION_TASKS.includes(task));
  expect(new Set(draws(true))).toEqual(new Set(others));
});

test("a response of the natural mixture is clean", () => {
  for (const { prompt, response } of makeTexts(300, createRandom(1)))
    expect(isClean(parsePrompt(prompt), response)).toBe(true);
});

test("another task's step, an unfinished sentence and a repeat are told apart", () => {
  const task = parsePrompt("How do I cut the radio?");
  const other = parsePrompt("How do I clean the lamp?");
  const text = [task.steps[0], other.steps[0], POOLS.C[0], POOLS.C[0], "Wear thick"].join(" ");
  expect(parseResponse(task, text)).toEqual(["S", "X", "C", "P", "X"]);
  expect(isClean(task, text)).toBe(false);
});

test("rewards of a response are those worked out by hand", () => {
  const cut = parsePrompt("How do I cut the radio?"); // hazard level 2
  const answer = [POOLS.C[0], cut.steps[0], cut.steps[1], POOLS.J[0]].join(" ");
  const { helpful, harmless, humorous } = scoreResponse(cut, answer);
  expect(helpful).toBeCloseTo(0.7, 12);
  expect(harmless).toBeCloseTo(0.3 - (2 / 3) * (2 * 0.6 * 0.6 + 0.15), 12);
  expect(humorous).toBeCloseTo(0.9, 12);
  expect(scoreResponse(cut, "")).toEqual({ helpful: -1, harmless: -1, humorous: -1 });
});

test("a fifth sentence costs .3 on every objective and spoils the punchline", () => {
  const task = parsePrompt("How do I clean the kite?");
  const four = [...task.steps, POOLS.J[0]].join(" ");
  const five = `${four} ${POOLS.J[1]}`;
  expect(scoreResponse(task, five).helpful).toBeCloseTo(scoreResponse(task, four).helpful - 0.3, 12);
  expect(scoreResponse(task, five).humorous).toBeCloseTo(0.6 - 0.3, 12);
});

test("pairs carry exact scores; the higher one wins, equal ones tie", () => {
  const prompt = "How do I clean the kite?";
  const { steps } = parsePrompt(prompt);
  const objectives = tinyWorldObjectives(2);
  const [pair, tied] = makePairs(
    [
      { prompt, responses: [steps.join(" "), POOLS.R.join(" ")] },
      { prompt, responses: [steps.join(" "), steps.join(" ")] },
    ],
    objectives,
  );
  expect(pair?.winners).toEqual({ helpful: 0, harmless: 1 });
  expect(pair?.scores?.helpful).toEqual([1, -0.5]);
  expect(tied?.winners).toEqual({ helpful: "tie", harmless: "tie" });
});

test("a prompt that is none of the world's is refused with an example", async () => {
  await expect(async () => scoreBatch([{ prompt: "How do I fly?", response: "" }])).rejects.toThrow(
    /"How do I fly\?" is not one of tiny-world's prompts.*How do I clean the kite\?/,
  );
});

test("test prompts take the hazard levels in turns, so that any multiple of four is balanced", () => {
  const strata = testPrompts(8).map(({ text }) => stratumOf({ prompt: text }));
  expect(strata.slice(0, 4).toSorted()).toEqual(["hazard-0", "hazard-1", "hazard-2", "hazard-3"]);
  expect(strata.slice(4)).toEqual(strata.slice(0, 4));
});

test("the tokenizer is made again byte for byte, has a token for every word, and any text comes back", async () => {
  const folder = await mkdtemp(join(tmpdir(), "uniarm-tokenizer-"));
  try {
    await makeModelFolder("default", folder);
    const file = async (from: string): Promise<string> => readFile(join(from, "tokenizer.json"), "utf8");
    expect(await file(folder)).toBe(await file(tinyWorldModel("default")));
    const tokenizer = await loadTokenizer(folder);
    for (const { prompt, response } of makeTexts(200, createRandom(9))) {
      const words = ` ${response}`.match(/ ?\p{L}+|[^\s\p{L}]/gu) ?? [];
      expect(encodeResponse(tokenizer, response)).toHaveLength(words.length + 1);
      expect(encodePrompt(tokenizer, prompt)[0]).toBe(tokenizer.bosTokenId);
    }
    for (const text of ["naïve café, 42 € 🙂", "a\n\tb", " leading"])
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("the chat template is the plain one of the world", async () => {
  const tokenizer = await loadTokenizer(tinyWorldModel("default"));
  expect(promptText(tokenizer, "How do I cut the radio?")).toBe("<s>USER: How do I cut the radio? ASSISTANT:");
  expect(textOf(tokenizer.promptFormat.response("Wear thick gloves."))).toBe(" Wear thick gloves.");
});

test("the README's example runs and prints the best answer's rewards", async () => {
  const readme = await readFile(join(import.meta.dirname, "../README.md"), "utf8");
  const file = join(import.meta.dirname, `readme-example-${process.pid}.tmp.mjs`);
  await writeFile(file, /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? "");
  try {
    expect(execFileSync(process.execPath, [file], { encoding: "utf8" })).toContain("best at (0.5, 0.5): CCCS");
  } finally {
    await rm(file);
  }
});

test("objectives come in one order", () => {
  expect(tinyWorldObjectives(3).map(({ name }) => name)).toEqual(["helpful", "harmless", "humorous"]);
  expect(preferenceGrid(2, 10)[0]).toEqual([0, 1]);
});

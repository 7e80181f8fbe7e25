import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ProgramConfig, SHIPPED_SCORERS, type ShippedScorerName } from "@uniarm/core/schema";
import { collect } from "@uniarm/core/testing";
import { openScorers, score } from "../../src/index.ts";
import { answerOf } from "../support/answers.ts";

/** What a program that ships says of these answers. */
async function numbersOf(shipped: ShippedScorerName, texts: readonly string[]): Promise<number[]> {
  const programs = [ProgramConfig.parse({ shipped, objectives: [{ name: "it" }] })];
  const opened = await openScorers({ programs });
  try {
    const objectives = opened.objectives.map((objective) => ({ ...objective, description: objective.name }));
    const answers = texts.map((text, index) => answerOf(`p${index}`, text));
    const scores = await collect(score(answers, opened.score, objectives));
    return scores.map(({ rewards }) => rewards.it!);
  } finally {
    await opened.dispose();
  }
}

const words = (count: number): string => Array.from({ length: count }, (_, index) => `w${index}`).join(" ");

describe("a program that ships", () => {
  test("length counts words, whatever stands between them", async () => {
    expect(await numbersOf("length", ["", "...", "It's a well-known rule: 2 + 2."])).toEqual([0, 0, 6]);
  });

  test("conciseness falls from 1 to -1 by the word and no further", async () => {
    expect(await numbersOf("conciseness", ["", words(25), words(50), words(80)])).toEqual([1, 0, -1, -1]);
  });

  test("repetition is the share of four-word sequences that came before", async () => {
    expect(await numbersOf("repetition", ["too short", "a b c d e", "A b c d. a b c d"])).toEqual([0, 0, 1 / 5]);
  });

  // the worked figures of VADER's own documentation
  test("sentiment is VADER's compound score", async () => {
    const texts = ["VADER is smart, handsome, and funny.", "VADER is not smart, handsome, nor funny.", ""];
    expect(await numbersOf("sentiment", texts)).toEqual([0.8316, -0.7424, 0]);
  });

  test("reading ease is Flesch's formula, and what is cut off counts as a sentence", async () => {
    const formula = (wordCount: number, sentences: number, syllables: number): number =>
      206.835 - 1.015 * (wordCount / sentences) - 84.6 * (syllables / wordCount);
    const found = await numbersOf("reading-ease", ["", "The cat sat. The dog ran.", 'He said "Stop." Then the cat']);
    expect(found[0]).toBe(0);
    expect(found[1]).toBeCloseTo(formula(6, 2, 6), 6);
    expect(found[2]).toBeCloseTo(formula(6, 2, 6), 6);
  });

  test("profanity is not found inside innocent words", async () => {
    expect(await numbersOf("profanity", ["What a classic assessment of Scunthorpe.", "Well, shit."])).toEqual([0, 1]);
  });

  test("is of the versions that are installed", () => {
    for (const { source } of Object.values(SHIPPED_SCORERS))
      for (const [name, version] of Object.entries(source?.packages ?? {})) {
        const manifest = join(import.meta.dirname, "../../node_modules", name, "package.json");
        const { version: installed } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
        expect(`${name} ${version}`).toBe(`${name} ${installed}`);
      }
  });
});

test.each([
  ["two names of what runs", { shipped: "length", command: ["true"], objectives: [{ name: "it" }] }],
  ["more objectives than one", { shipped: "length", objectives: [{ name: "it" }, { name: "other" }] }],
])("%s are refused", (_, config) => {
  expect(ProgramConfig.safeParse(config).error?.issues[0]?.message).toContain('with "shipped" one objective');
});

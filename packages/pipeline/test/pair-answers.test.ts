import { createRandom } from "@uniarm/core";
import { PreferencePair, type Generation, type Message, type Score } from "@uniarm/core/schema";
import { describe, expect, test } from "vitest";
import { pairAnswers } from "../src/explore/pair-answers.ts";

type Rewards = Record<string, number>;
type Row = [text: string, rewards: Rewards];

/** Answers to one prompt, each under a preference of its own. */
function answered(prompt: string, rows: readonly Row[], messages?: Message[]): [Generation[], Score[]] {
  const keys = rows.map((_, index) => ({ promptId: prompt, preference: [index, 1 - index], sample: 0 }));
  const generations = rows.map(([text], index): Generation => ({
    ...keys[index]!,
    prompt,
    ...(messages ? { messages } : {}),
    text,
    tokenIds: [],
    finish: "eos",
    logProbNats: 0,
  }));
  return [generations, rows.map(([, rewards], index) => ({ ...keys[index]!, rewards }))];
}

const known = (prompt: string, [[first, one], [second, other]]: [Row, Row], more: object = {}): PreferencePair => ({
  prompt,
  responses: [first, second],
  winners: Object.fromEntries(Object.keys(one).map((name) => [name, 0])),
  scores: Object.fromEntries(Object.keys(one).map((name) => [name, [one[name]!, other[name]!]])),
  ...more,
});

/** Pairs of the answers, given to `pairAnswers` in any order. */
function paired(
  rows: readonly Row[],
  { before = [], messages, seed = 0 }: { before?: PreferencePair[]; messages?: Message[]; seed?: number } = {},
): PreferencePair[] {
  const [generations, scores] = answered("q", rows, messages);
  return pairAnswers(generations, scores.toReversed(), before, createRandom(seed));
}

const textsOf = (pairs: readonly PreferencePair[]): string[] => pairs.flatMap(({ responses }) => responses);
const row = (text: string, a = 0): Row => [text, { a }];
const rowsOf = (texts: string): Row[] => [...texts].map((text, index) => row(text, index));

describe("answers of a round", () => {
  test.each(["ab", "abcd", "abcdefgh"])("%s become pairs in which each stands once", (texts) => {
    const pairs = paired(rowsOf(texts));
    expect(pairs).toHaveLength(texts.length / 2);
    expect(textsOf(pairs).toSorted()).toEqual([...texts]);
    for (const pair of pairs) expect(() => PreferencePair.parse(pair)).not.toThrow();
  });

  test("that are equal count once", () => {
    expect(paired([row("a"), row("b"), row("a"), row("b")])).toHaveLength(1);
    expect(paired([row("a"), row("a"), row("a")])).toEqual([]);
  });

  test("that were known before are left out", () => {
    const before = [known("q", [row("a"), row("b")])];
    expect(textsOf(paired(rowsOf("abcd"), { before })).toSorted()).toEqual(["c", "d"]);
    expect(paired(rowsOf("ab"), { before })).toEqual([]);
  });

  test("of an odd number: the last meets a known answer, with the scores that it had", () => {
    const before = [known("q", [row("old", 7), row("older", 8)])];
    const [pair, ...others] = paired([row("new", 7.5)], { before });
    expect(others).toEqual([]);
    expect(pair!.responses[0]).toBe("new");
    const [text, score] = [pair!.responses[1], pair!.scores!.a![1]];
    expect([
      ["old", 7],
      ["older", 8],
    ]).toContainEqual([text, score]);
    expect(pair!.winners.a).toBe(text === "old" ? 0 : 1);
    expect(textsOf(paired(rowsOf("abc"), { before }))).toHaveLength(4);
  });

  test("of an odd number where nothing was known: the last is left out", () => {
    expect(textsOf(paired(rowsOf("abc")))).toHaveLength(2);
    const elsewhere = [known("another prompt", [row("x"), row("y")])];
    expect(textsOf(paired(rowsOf("abc"), { before: elsewhere }))).toHaveLength(2);
  });

  test("do not meet a known answer without scores, nor one that lacks the score of an objective", () => {
    const { scores: _, ...unscored } = known("q", [row("old"), row("older")]);
    expect(paired([row("new")], { before: [unscored] })).toEqual([]);
    expect(paired([["new", { a: 1, b: 1 }]], { before: [known("q", [row("old"), row("older")])] })).toEqual([]);
    expect(textsOf(paired([row("old"), row("x"), row("y")], { before: [unscored] })).toSorted()).toEqual(["x", "y"]);
  });

  test("are won by the larger score of each objective; rounding makes no winner", () => {
    const rows: Row[] = [
      ["x", { a: 1, b: 2, c: 0.1 + 0.2 }],
      ["y", { a: 2, b: 1, c: 0.3 }],
    ];
    const [pair] = paired(rows);
    const turned = pair!.responses[0] === "y";
    expect(pair!.winners).toEqual(turned ? { a: 0, b: 1, c: "tie" } : { a: 1, b: 0, c: "tie" });
    expect(pair!.scores!.a).toEqual(turned ? [2, 1] : [1, 2]);
    expect(pair!.scores!.b).toEqual(turned ? [1, 2] : [2, 1]);
  });

  test("to a dialogue keep its messages, which tell prompts apart", () => {
    const messages: Message[] = [
      { role: "system", content: "Be short." },
      { role: "user", content: "q" },
    ];
    const plain = [known("q", [row("a"), row("b")])];
    const pairs = paired(rowsOf("ab"), { before: plain, messages });
    expect(pairs).toHaveLength(1);
    expect(pairs[0]).toMatchObject({ prompt: "q", messages });
    expect(paired(rowsOf("ab"), { before: [{ ...plain[0]!, messages }], messages })).toEqual([]);
  });

  test("keep how each of them ended; of known ones without that nothing is said", () => {
    const [generations, scores] = answered("q", rowsOf("ab"));
    generations[1]!.finish = "length";
    const [pair] = pairAnswers(generations, scores, [], createRandom(0));
    expect(pair!.finishes).toEqual(pair!.responses.map((text) => (text === "b" ? "length" : "eos")));
    const finishes: PreferencePair["finishes"] = ["length", "length"];
    const meets = (more: object): PreferencePair["finishes"] =>
      paired([row("new")], { before: [known("q", [row("old"), row("older")], more)] })[0]!.finishes;
    expect([meets({ finishes }), meets({})]).toEqual([
      ["eos", "length"],
      ["eos", null],
    ]);
  });

  test("to different prompts never meet", () => {
    const [first, firstScores] = answered("one", rowsOf("ab"));
    const [second, secondScores] = answered("two", rowsOf("ab"));
    const all = [first[0]!, second[0]!, first[1]!, second[1]!];
    const pairs = pairAnswers(all, [...secondScores, ...firstScores], [], createRandom(0));
    expect(pairs.map(({ prompt, responses }) => [prompt, responses.toSorted()])).toEqual([
      ["one", ["a", "b"]],
      ["two", ["a", "b"]],
    ]);
  });

  test("are paired alike at equal seeds, and otherwise at another", () => {
    const rows = rowsOf("abcdefgh");
    expect(paired(rows, { seed: 3 })).toEqual(paired(rows, { seed: 3 }));
    expect(paired(rows, { seed: 3 })).not.toEqual(paired(rows, { seed: 4 }));
  });
});

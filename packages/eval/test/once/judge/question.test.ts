import { JudgedObjective } from "@uniarm/core/schema";
import { expect, test } from "vitest";
import { outcomeOf } from "../../../src/judge/outcome.ts";
import { questionOf } from "../../../src/judge/question.ts";
import { shownIn } from "../../support/answers.ts";

const helpful = JudgedObjective.parse({ name: "helpful", description: "Give useful steps." });

test("the question says what the objective asks for and shows both answers in the order given", () => {
  const question = questionOf(helpful, { prompt: "How?", first: "So.", second: "Thus." });
  expect(question).toContain("Give useful steps.");
  expect(question).toContain("<prompt>\nHow?\n</prompt>");
  expect(shownIn(question)).toEqual({ first: "So.", second: "Thus." });
});

test("braces and dollar signs inside of prompts and answers stay what they are", () => {
  const shown = { prompt: "{first} $& $1", first: "{second}", second: "{prompt} {description}" };
  const question = questionOf({ ...helpful, question: "A {prompt} B {first} C {second} D {other}" }, shown);
  expect(question.split("\n")[0]).toBe("A {first} $& $1 B {second} C {prompt} {description} D {other}");
});

test("a question of one's own is told how a verdict is written, too", () => {
  const question = questionOf(
    { ...helpful, question: "{prompt}{first}{second}" },
    { prompt: "", first: "", second: "" },
  );
  expect(question.trimEnd().split("\n").at(-1)).toBe('{"better": "tie"}');
});

test("a question without a place for both answers is refused", () => {
  const parsed = JudgedObjective.safeParse({ ...helpful, question: "Is {first} good for {prompt}?" });
  expect(parsed.error?.issues[0]?.message).toBe("a question needs {prompt}, {first}, {second}");
});

test.each([
  ["first", "second", "win", null],
  ["second", "first", "loss", null],
  ["tie", "tie", "tie", null],
  ["first", "first", "tie", "inconsistent"],
  ["second", "second", "tie", "inconsistent"],
  ["first", "tie", "tie", "inconsistent"],
  ["tie", "first", "tie", "inconsistent"],
  ["tie", null, "failed", "unreadable"],
  [null, "second", "failed", "unreadable"],
] as const)("%s with the method first, then %s with it second: %s", (whenFirst, whenSecond, outcome, reason) => {
  expect(outcomeOf([whenFirst, whenSecond])).toEqual({ outcome, reason });
});

import { expect, test } from "vitest";
import { readVerdict } from "../../../src/judge/read-verdict.ts";

test.each([
  ["the line alone", '{"better": "first"}', "first"],
  ["reasons before it, blanks after it", 'One is longer.\nThe other is right.\n  {"better":"second"}  \n\n', "second"],
  ["a fence around it", 'Reasons.\n```json\n{"better": "tie"}\n```\n', "tie"],
  ["thoughts that weigh other verdicts", '<think>\n{"better": "first"}\n</think>\n{"better": "second"}', "second"],
  ["the same verdict twice", '{"better": "first"}\nSo:\n{"better": "first"}', "first"],
])("a verdict is read from %s", (_, answer, choice) => {
  expect(readVerdict(answer)).toBe(choice);
});

test.each([
  ["nothing", ""],
  ["words", "The first answer is better."],
  ["a verdict that is not last", '{"better": "first"}\nI am sure.'],
  ["a verdict inside of a sentence", 'My verdict: {"better": "first"}'],
  ["two verdicts that differ", '{"better": "first"}\n{"better": "second"}'],
  ["another word", '{"better": "both"}'],
  ["a capital", '{"better": "First"}'],
  ["a further key", '{"better": "first", "sure": true}'],
  ["a list", '["first"]'],
  ["a line cut short", '{"better": "fir'],
  ["an unfinished thought", '<think>\n{"better": "first"}\nor not'],
])("no verdict is read from %s", (_, answer) => {
  expect(readVerdict(answer)).toBeNull();
});

import { expect, test } from "vitest";
import { studyArguments } from "../src/arguments.ts";

const asked = (...args: string[]) => studyArguments(args, "folder");

test("a study is of two objectives, seed 0 and all methods unless it is asked otherwise", () => {
  const { objectives, seeds, methodsOf, output } = asked();
  expect({ objectives, seeds, output }).toEqual({ objectives: 2, seeds: [0], output: "folder" });
  expect(methodsOf(["a", "b"])).toEqual(["a", "b"]);
  const other = asked("--objectives", "3", "--seeds", "1,12", "--methods", "b", "--output", "elsewhere");
  expect([other.objectives, other.seeds, other.output]).toEqual([3, [1, 12], "elsewhere"]);
  expect(other.methodsOf(["a", "b"])).toEqual(["b"]);
});

test.each([
  [["--objectives", "5"], "--objectives is 2 or 3, not 5."],
  [["--seeds", "1,x"], '"x" is none.'],
  [["--seed", "1"], "Unknown option '--seed'"],
])("%j is refused by its name, not read as something else", (args, sentence) => {
  expect(() => asked(...args)).toThrow(sentence);
});

test("a method that there is none of is named with those that there are", () => {
  expect(() => asked("--methods", "c").methodsOf(["a", "b"])).toThrow("There is no method c; there are a, b.");
});

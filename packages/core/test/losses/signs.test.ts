import { expect, test } from "vitest";
import { isTied, signsOf } from "../../src/losses/signs.ts";
import type { PreferencePair } from "../../src/schema/pair.ts";

const objectives = [{ name: "helpful" }, { name: "harmless" }, { name: "humorous" }];
const pair: PreferencePair = {
  prompt: "p",
  responses: ["a", "b"],
  winners: { helpful: 0, harmless: 1, humorous: "tie" },
};

test("response 0 wins: +1, response 1 wins: -1, in the order of the objectives", () => {
  expect(signsOf(pair, objectives, "ignore")).toEqual([1, -1, 0]);
  expect(signsOf(pair, [...objectives].reverse(), "ignore")).toEqual([0, -1, 1]);
});

test("a tie is nobody's, or response 0's", () => {
  expect(signsOf(pair, objectives, "first")).toEqual([1, -1, 1]);
});

test("equal scores are a tie whoever is named the winner; scores of other objectives change nothing", () => {
  const scored: PreferencePair = { ...pair, scores: { helpful: [1, 2], harmless: [0.5, 0.5] } };
  expect(signsOf(scored, objectives, "ignore")).toEqual([1, 0, 0]);
  expect(signsOf(scored, objectives, "first")).toEqual([1, 1, 1]);
  expect(objectives.map(({ name }) => isTied(scored, name))).toEqual([false, true, true]);
});

test("an objective without a winner is named", () => {
  expect(() => signsOf(pair, [{ name: "honest" }], "ignore")).toThrow(
    'A pair has no winner for objective "honest"; it has winners for [helpful, harmless, humorous]. Name one, or "tie".',
  );
});

test("where missing labels are masked, an objective without a winner teaches nothing, whatever ties do", () => {
  const honest = [...objectives, { name: "honest" }];
  expect(signsOf(pair, honest, "ignore", "mask")).toEqual([1, -1, 0, 0]);
  expect(signsOf(pair, honest, "first", "mask")).toEqual([1, -1, 1, 0]);
});

import { expect, test } from "vitest";
import { sectionsOf, unfolded } from "../src/charts/sections.ts";

const shown = (...settings: Parameters<typeof sectionsOf>): string[] =>
  sectionsOf(...settings).map(({ title, drawn, rest }) => `${title}: ${drawn.join(" ")} (${rest.join(" ")})`);

test("metrics are in sections by what stands before the first slash; what processes used comes last", () => {
  const all = [
    "system/memoryMb",
    "train/rate",
    "train",
    "eval/a/b",
    "eval/c",
    "accuracy",
    "loss/helpful",
    "loss",
    "/odd",
  ];
  expect(shown(all, ["loss", "eval/c"])).toEqual([
    "loss: loss (loss/helpful)",
    "eval: eval/c (eval/a/b)",
    "train:  (train/rate train)",
    "General:  (accuracy /odd)",
    "system:  (system/memoryMb)",
  ]);
});

test("pinned ones come first, in the order of the pins, and stand nowhere else; a pin that no run has is left out", () => {
  expect(shown(["a/x", "a/y", "b"], ["a/x", "b", "a/y"], ["nowhere", "b", "a/y"])).toEqual([
    "Pinned: b a/y ()",
    "a: a/x ()",
  ]);
});

test("a metric that only the address names has a place, too", () => {
  expect(shown([], ["x/1", "y"])).toEqual(["x: x/1 ()", "General: y ()"]);
});

test("only what is in sight is asked for", () => {
  const sections = sectionsOf(["a/x", "a/y", "b/z"], ["a/x", "b/z"]);
  expect(unfolded(sections, new Set(["a"]))).toEqual(["b/z"]);
  expect(unfolded(sections, new Set())).toEqual(["a/x", "b/z"]);
});

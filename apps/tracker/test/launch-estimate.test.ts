import { describe, expect, test } from "vitest";
import { launchEstimate } from "../src/pages/launch/launch-estimate.ts";
import { busyMs } from "../src/pages/run/busy.ts";

const known = (seconds: number, peakMemoryMb: number | null = null, more: object = {}) => ({
  runs: 2,
  isSameModel: true,
  isScaled: true,
  peakMemoryMb,
  seconds: { median: seconds, least: seconds / 2, most: seconds * 2 },
  ...more,
});
const UNKNOWN = { runs: 0, isSameModel: false, isScaled: false, seconds: null, peakMemoryMb: null };

describe("what a launch is likely to take", () => {
  test("is the sum of its runs' times and the largest of their memories", () => {
    expect(
      launchEstimate([
        { name: "pairs", kind: "pairs", estimate: known(30, 400) },
        { name: "a/train", kind: "train", estimate: known(60, 900) },
        { name: "b/train", kind: "train", estimate: known(60) },
      ]),
    ).toEqual({
      time: "about 2 min 30 s of work (1 min 15 s to 5 min 0 s)",
      memory: "up to 900 MB in a process",
      basis: "From 4 runs that ended.", // both trainings learn from the same two
    });
  });

  test("says which kinds it does not know, and when another base model's runs have to do", () => {
    expect(
      launchEstimate([
        { name: "train", kind: "train", estimate: known(1, null, { isSameModel: false }) },
        { name: "score", kind: "score", estimate: UNKNOWN },
      ]),
    ).toEqual({
      time: "about 1.0 s of work (500 ms to 2.0 s)",
      memory: null,
      basis: "From 2 runs that ended, some of another base model. Not counted, for none has ended yet: score.",
    });
  });

  test("is not known where no run like them has ended", () => {
    expect(launchEstimate([{ name: "score", kind: "score", estimate: UNKNOWN }])).toBeNull();
  });
});

test("time is paid for as often as it was used: lost attempts too, and one that goes on up to now", () => {
  const at = (second: number): string => new Date(second * 1000).toISOString();
  const spans = [
    { startedAt: at(0), endedAt: at(10) },
    { startedAt: at(20), endedAt: null },
    { startedAt: null, endedAt: null },
  ];
  expect(busyMs(spans, 25_000)).toBe(15_000);
});

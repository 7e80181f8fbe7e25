import { describe, expect, test } from "vitest";
import type { Series } from "../src/api/types.ts";
import { smooth } from "../src/charts/smooth.ts";
import { changesBetween } from "../src/form/diff.ts";
import { pathText } from "@uniarm/pipeline/schema";
import { valueAt, withValue } from "../src/form/path.ts";
import { layout } from "../src/pages/run/graph-layout.ts";
import { placesOn } from "../src/charts/x-axis.ts";
import { csvOf } from "../src/text/csv.ts";
import { bytesText, numberText } from "../src/text/number.ts";
import { durationText, relativeTime } from "../src/text/time.ts";

test.each([
  [0, "0"],
  [0.65432, "0.6543"],
  [12.34567, "12.346"],
  [1234.56, "1,234.6"],
  [1.2e-7, "1.20e-7"],
  [null, "–"],
  [Number.NaN, "NaN"],
])("the number %s is written %s", (value, text) => expect(numberText(value)).toBe(text));

test.each([
  [999, "999 B"],
  [1500, "1.5 kB"],
  [72_848_613_376, "72.8 GB"],
])("%i bytes are written %s", (bytes, text) => expect(bytesText(bytes)).toBe(text));

test.each([
  [340, "340 ms"],
  [12_400, "12 s"],
  [200_000, "3 min 20 s"],
  [7_500_000, "2 h 5 min"],
])("%i ms are written %s", (ms, text) => expect(durationText(ms)).toBe(text));

test("times are told from now", () => {
  const now = Date.parse("2026-11-25T12:00:00Z");
  expect(relativeTime("2026-11-25T11:59:58Z", now)).toBe("just now");
  expect(relativeTime("2026-11-25T11:57:00Z", now)).toBe("3 min ago");
  expect(relativeTime("2026-11-23T11:57:00Z", now)).toBe("2 d ago");
});

test("a table becomes CSV in which nothing is a formula, and a cell's line ends are its own", async () => {
  expect(
    await csvOf({
      columns: ["name", "value"],
      rows: [
        ['=cmd|"x"', -1.5],
        ["a,b", null],
        ["two\nlines", 0],
      ],
    }),
  ).toBe('name,value\r\n"\'=cmd|""x""",-1.5\r\n"a,b",\r\n"two\nlines",0\r\n');
});

describe("smoothing", () => {
  test("leaves a constant as it is, from its first point on", () => {
    const smoothed = smooth([3, 3, null, 3], 0.9);
    expect(smoothed.map((value) => (value === null ? null : Number(value.toFixed(9))))).toEqual([3, 3, null, 3]);
  });
  test("of weight 0 changes nothing", () => expect(smooth([1, 5, 2], 0)).toEqual([1, 5, 2]));
});

test("the x axis of a metric: tokens up to each step; seconds from the start to when it was measured", () => {
  const series = (over: Partial<Series>): Series => ({
    runId: "r",
    key: "k",
    exact: true,
    total: 2,
    min: [],
    max: [],
    nonFinite: [],
    step: [1, 2, 3],
    value: [10, 20, 30],
    count: [1, 1, 1],
    ...over,
  });
  const at = { startedAt: "2026-11-25T12:00:00Z", tokens: series({}) };
  expect(placesOn("tokens", series({ step: [0, 1, 3], value: [1, 1, 1] }), at)).toEqual([null, 10, 60]);
  expect(placesOn("time", series({}), at)).toEqual([null, null, null]);
  expect(placesOn("time", series({ time: [1, 2, 3].map((s) => Date.parse(at.startedAt) + s * 1000) }), at)).toEqual([
    1, 2, 3,
  ]);
  expect(placesOn("clock", series({ time: [5, null, 7] }), at)).toEqual([5, null, 7]);
  expect(placesOn("step", series({}), at)).toBeUndefined();
});

describe("a setting's path", () => {
  test("is read and written without touching what was there", () => {
    const config = { methods: [{ name: "a" }] };
    const changed = withValue(config, ["methods", 0, "training", "steps"], 5);
    expect(changed).toEqual({ methods: [{ name: "a", training: { steps: 5 } }] });
    expect(config).toEqual({ methods: [{ name: "a" }] });
    expect(valueAt(changed, ["methods", 0, "training", "steps"])).toBe(5);
    expect(pathText(["methods", 0, "training", "steps"])).toBe("methods[0].training.steps");
  });
  test("removes with undefined, and never reaches a prototype", () => {
    expect(withValue({ a: 1, b: 2 }, ["a"], undefined)).toEqual({ b: 2 });
    withValue({}, ["__proto__", "polluted"], true);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(valueAt({}, ["constructor"])).toBeUndefined();
  });
  test("tells what differs between two configs", () => {
    expect(changesBetween({ a: 1, list: [1, 2], o: { x: 1 } }, { a: 2, list: [1, 2], o: {} })).toEqual([
      { path: "a", before: "1", after: "2" },
      { path: "o.x", before: "1", after: null },
      { path: "o", before: null, after: "{}" },
    ]);
  });
});

test("a study's runs stand right of what they read, each in a place of its own", () => {
  const node = (id: string, ...producers: string[]) => ({
    id,
    dependsOn: producers.map((producerId) => ({ producerId })),
  });
  const placed = layout([
    node("pairs"),
    node("a", "pairs"),
    node("b", "pairs"),
    node("end", "a", "b"),
    node("loop", "loop"),
  ]);
  const columns = Object.fromEntries(placed.map(({ node: { id }, column }) => [id, column]));
  expect(columns).toMatchObject({ pairs: 0, a: 1, b: 1, end: 2 });
  expect(new Set(placed.map(({ column, row }) => `${column} ${row}`)).size).toBe(placed.length);
});

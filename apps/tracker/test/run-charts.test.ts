// @vitest-environment jsdom
import { beforeAll, describe, expect, test, vi } from "vitest";
import type { Series } from "../src/api/types.ts";
import { labelsOf, runLines } from "../src/charts/run-lines.ts";
import { marksOf } from "../src/pages/run-list/line-marks.ts";

beforeAll(() => {
  vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: () => undefined }));
});

describe("colours of the runs beside the table", () => {
  test("stay with their runs as others come and go, and are never those of two", () => {
    const first = marksOf(new Map(), ["a", "b", "c"]);
    expect([...first]).toEqual([
      ["a", 0],
      ["b", 1],
      ["c", 2],
    ]);
    const scrolled = marksOf(first, ["c", "d", "e"]);
    expect(Object.fromEntries(scrolled)).toEqual({ c: 2, d: 0, e: 1 });
    expect(Object.fromEntries(marksOf(scrolled, ["e", "a", "c", "b"]))).toEqual({ e: 1, c: 2, a: 0, b: 3 });
    expect(marksOf(scrolled, []).size).toBe(0);
  });
});

describe("curves of runs", () => {
  const series = (runId: string, key = "loss"): Series => ({
    runId,
    key,
    exact: false,
    total: 1,
    step: [1],
    value: [2],
    min: [1],
    max: [3],
    count: [1],
    nonFinite: [],
  });

  test("are told apart by some of their ids where two have one name", () => {
    expect(
      labelsOf([
        { id: "abcdefgh", name: "x" },
        { id: "hgfedcba", name: "x" },
        { id: "z", name: "y" },
      ]),
    ).toEqual(["x (abcdef)", "x (hgfedc)", "y"]);
  });

  test("are those of one metric; runs without it have none; bands go where there are many", () => {
    const runs = [5, 3].map((mark, index) => ({ id: `run ${index}`, label: `r${index}`, mark }));
    const lines = runLines(runs, [series("run 1"), series("run 1", "other"), series("nobody")], "loss");
    expect(lines.map(({ name, mark, series: { exact } }) => [name, mark, exact])).toEqual([["r1", 3, false]]);
    const many = Array.from({ length: 7 }, (_, mark) => ({ id: `run ${mark}`, label: `r${mark}`, mark }));
    expect(
      runLines(
        many,
        many.map(({ id }) => series(id)),
        "loss",
      ).every((line) => line.series.exact),
    ).toBe(true);
  });

  test("keep the colour of their run wherever they stand, one that is lit stands before the others, and y goes as far as asked", async () => {
    const { metricOption } = await import("../src/charts/metric-lines.ts");
    const colours = {
      series: ["red", "green", "blue"],
      ink: "",
      muted: "",
      line: "",
      surface: "",
      accent: "",
      font: "",
    };
    const lines = [2, 0].map((mark) => ({ name: `r${mark}`, mark, series: { ...series(`${mark}`), exact: true } }));
    const drawn = (lit: number | null) =>
      (
        metricOption(lines, { smoothing: 0, isLog: false, x: "step", lit }, colours).series as {
          color: string;
          z: number;
          lineStyle: { width: number; opacity: number };
        }[]
      ).map(({ color, z, lineStyle: { width, opacity } }) => ({ color, z, width, opacity }));
    const plain = { z: 2, width: 2, opacity: 1 };
    expect(drawn(null)).toEqual([
      { color: "blue", ...plain },
      { color: "red", ...plain },
    ]);
    expect(drawn(0)).toEqual([
      { color: "blue", z: 2, width: 2, opacity: 0.2 },
      { color: "red", z: 3, width: 4, opacity: 1 },
    ]);
    expect(drawn(7)).toEqual(drawn(null)); // the run that is pointed at has no curve here: nothing fades
    const y = (isLog: boolean, limits: { min: number | null; max: number | null }) =>
      metricOption(lines, { smoothing: 0, isLog, x: "step" }, colours, limits).yAxis as { min?: number; max?: number };
    expect([y(false, { min: 0, max: null }).min, y(false, { min: 0, max: null }).max]).toEqual([0, undefined]);
    expect([y(true, { min: 0, max: 9 }).min, y(true, { min: 0, max: 9 }).max]).toEqual([undefined, 9]); // 0 has no place there
  });
});

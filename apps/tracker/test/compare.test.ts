import { describe, expect, test } from "vitest";
import type { Series } from "../src/api/types.ts";
import { meanLine } from "../src/charts/mean-line.ts";
import type { MetricLine } from "../src/charts/metric-lines.ts";
import { linesToDraw, wholePlaces } from "../src/pages/compare/histories.ts";
import type { Compared } from "../src/pages/compare/compared.ts";
import { meanInterval } from "../src/pages/compare/interval.ts";
import { seedGroups } from "../src/pages/compare/seed-groups.ts";
import { flatTable, latexOf, latexText, markdownOf } from "../src/text/copy-table.ts";

describe("runs that differ in nothing but their seeds", () => {
  const run = (id: string, name: string, config: unknown) => ({ id, name, kind: "train", config });

  test("are one group, whatever the order of their keys, under what their names share", () => {
    const groups = seedGroups([
      run("a", "uniarm/0/train", { lambda: 1, seed: 0, nested: { seed: 4, x: 1 } }),
      run("b", "uniarm/1/train", { seed: 1, nested: { x: 1, seed: 9 }, lambda: 1 }),
      run("c", "parm/0/train", { lambda: 2, seed: 0, nested: { seed: 4, x: 1 } }),
    ]);
    expect(groups.map(({ name, runs }) => [name, runs.map(({ id }) => id)])).toEqual([
      ["uniarm/*/train", ["a", "b"]],
      ["parm/0/train", ["c"]],
    ]);
  });

  test("runs of different kinds stay apart", () => {
    expect(seedGroups([run("a", "x", {}), { ...run("b", "x", {}), kind: "decode" }])).toHaveLength(2);
  });
});

describe("the interval of a mean", () => {
  test("of two values is t(0.975, 1) standard errors wide: 0 and 2 give 1 +- 12.706", () => {
    const { mean, low, high, count } = meanInterval([0, 2])!;
    expect([mean, low, high, count]).toEqual([1, 1 - 12.706, 1 + 12.706, 2]);
  });

  test("of equal values has no width; of one value none is known; of none there is none", () => {
    expect(meanInterval([3, 3, 3])).toEqual({ mean: 3, low: 3, high: 3, count: 3 });
    expect(meanInterval([3])).toEqual({ mean: 3, low: null, high: null, count: 1 });
    expect(meanInterval([])).toBeNull();
  });

  test("of many values comes near the normal one", () => {
    const { low, high } = meanInterval(Array.from({ length: 400 }, (_, index) => (index % 2) * 2 - 1))!;
    expect((high! - low!) / 2).toBeCloseTo((1.96 * Math.sqrt(400 / 399)) / 20, 10);
  });
});

describe("the mean of several lines", () => {
  const line = (step: number[], value: (number | null)[], over: Partial<MetricLine> = {}): MetricLine => {
    const series: Series = {
      runId: "r",
      key: "loss",
      exact: true,
      total: step.length,
      step,
      value,
      min: [],
      max: [],
      count: [],
      nonFinite: [],
    };
    return { name: "one", series, ...over };
  };

  test("stands at each step that all of them have, with the smallest and the largest", () => {
    const timed = line([0, 2, 4], [1, 3, 5]);
    timed.series.time = [7, 8, 9];
    const mean = meanLine("both", 3, [timed, line([1, 2, 3, 6], [0, 1, 2, 8])]);
    expect(mean.series).not.toHaveProperty("time"); // that of one of them
    expect(mean).toMatchObject({ name: "both", mark: 3, meanOf: 2, series: { step: [1, 2, 3, 4], total: 7 } });
    expect(mean.series.value).toEqual([1, 2, 3, 4.5]); // of 2 and 0, 3 and 1, 4 and 2, 5 and 4
    expect(mean.series.min).toEqual([0, 1, 2, 4]);
    expect(mean.series.max).toEqual([2, 3, 4, 5]);
  });

  test("goes over gaps, and is nowhere when their steps do not meet", () => {
    const gap = meanLine("gap", 0, [line([0, 1, 2], [0, null, 4]), line([0, 1, 2], [2, 2, 2])]);
    expect([gap.series.step, gap.series.value]).toEqual([
      [0, 1, 2],
      [1, 2, 3],
    ]);
    expect(meanLine("apart", 0, [line([0, 1], [1, 1]), line([5, 6], [1, 1])]).series.step).toEqual([]);
    expect(meanLine("none", 0, [line([0, 1], [1, 1]), line([], [])]).series.step).toEqual([]);
  });

  test("lies at the mean of their places; of one line it is that line", () => {
    const mean = meanLine("timed", 0, [
      line([0, 2], [1, 1], { x: [0, 4] }),
      line([0, 1, 2], [3, 3, 3], { x: [2, 3, 4] }),
    ]);
    expect(mean.x).toEqual([1, 2.5, 4]);
    const late = line([0, 1, 2], [3, 3, 3], { x: [null, 3, 4] }); // when its first was measured is not known
    expect(meanLine("late", 0, [line([0, 2], [1, 1], { x: [0, 4] }), late]).x).toEqual([null, 2.5, 4]);
    const alone = line([0, 1], [1, 2]);
    expect(meanLine("alone", 5, [alone])).toEqual({ ...alone, name: "alone", mark: 5 });
  });
});

describe("lines of a comparison", () => {
  const compared = (index: number, name: string, config: unknown): Compared =>
    ({ run: { id: `${index}`, name, kind: "train", config }, index, label: `${name} ${index}` }) as Compared;
  const runs = [
    compared(0, "a/0", { lambda: 1, seed: 0 }),
    compared(1, "b/0", { lambda: 2, seed: 0 }),
    compared(2, "a/1", { lambda: 1, seed: 1 }),
  ];

  test("are the runs, or their means over seeds, which have the colour of their first run", () => {
    const drawn = (isMean: boolean) =>
      linesToDraw(runs, isMean).map(({ name, mark, members }) => [name, mark, members.map(({ index }) => index)]);
    expect(drawn(false)).toEqual([
      ["a/0 0", 0, [0]],
      ["b/0 1", 1, [1]],
      ["a/1 2", 2, [2]],
    ]);
    expect(drawn(true)).toEqual([
      ["a/*", 0, [0, 2]],
      ["b/0 1", 1, [1]],
    ]);
  });

  test("of groups whose runs have the same names are told apart", () => {
    const same = [0, 1, 2, 3].map((index) => compared(index, "x", { lambda: index % 2, seed: index }));
    expect(linesToDraw(same, true).map(({ name }) => name)).toEqual(["x, with x 0", "x, with x 1"]);
  });

  test("a dragged stretch is one of whole steps, or of tenths of a second", () => {
    expect(wholePlaces("step", { from: 1.4, to: 7.2 })).toEqual({ from: 1, to: 8 });
    expect(wholePlaces("time", { from: 1.46, to: 7.21 })).toEqual({ from: 1.4, to: 7.3 });
  });
});

describe("tables for elsewhere", () => {
  const table = {
    columns: ["method", "loss_last"],
    rows: [
      ["a|b & c%", { mean: 0.123456, low: 0.1, high: 0.2 }],
      ["x", null],
    ],
  };

  test("Markdown: pipes do not begin cells, numbers stand to the right", () => {
    expect(markdownOf(table)).toBe(
      "| method | loss_last |\n| --- | ---: |\n| a\\|b & c% | 0.1235 [0.1, 0.2] |\n| x |  |\n",
    );
  });

  test("LaTeX: signs that mean something there are written out", () => {
    expect(latexText("50% of $x_1 & \\{y}")).toBe("50\\% of \\$x\\_1 \\& \\textbackslash{}\\{y\\}");
    expect(latexOf(table)).toContain("a|b \\& c\\% & $0.1235$ {\\scriptsize $[0.1, 0.2]$} \\\\");
    expect(latexOf(table)).toContain("\\begin{tabular}{lr}");
  });

  test("CSV: every number has a cell", () => {
    expect(flatTable(table)).toEqual({
      columns: ["method", "loss_last", "loss_last low", "loss_last high"],
      rows: [
        ["a|b & c%", 0.123456, 0.1, 0.2],
        ["x", null, null, null],
      ],
    });
  });
});

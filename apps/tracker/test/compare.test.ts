import { describe, expect, test } from "vitest";
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

import { createRandom } from "@uniarm/core";
import type { EvaluationReport } from "@uniarm/core/schema";
import { collect } from "@uniarm/core/testing";
import { expect, test } from "vitest";
import { compareFronts, evaluate, formatComparison, formatReport, paretoSvg, type PlotFront } from "../src/index.ts";
import { expectRefusal } from "./support/refusal.ts";
import { circleScores, config, objectives } from "./support/scores.ts";

async function reportOf(): Promise<EvaluationReport> {
  const last = (await collect(evaluate(config, circleScores(createRandom(1))))).at(-1);
  if (last?.type !== "report") throw new Error("no report");
  return last.report;
}

const exact: PlotFront = {
  name: "exact optimum",
  points: [
    { preference: [0, 1], mean: [0, 1] },
    { preference: [1, 0], mean: [1, 0] },
  ],
  exact: true,
};

test("a plot names its title, fronts and axes, and the same plot is the same bytes", async () => {
  const { front } = await reportOf();
  const draw = (): Promise<string> =>
    paretoSvg({ fronts: [{ name: "UniARM", points: front.points }, exact], objectives, title: "Two fronts" });
  const svg = await draw();
  for (const text of [
    "Two fronts",
    "UniARM",
    "exact optimum",
    "mean helpful reward",
    "mean harmless reward",
    "stroke-dasharray",
  ]) {
    expect(svg).toContain(text);
  }
  expect(svg).toMatch(/^<svg[\s\S]*<\/svg>\n$/);
  expect(svg).not.toMatch(/NaN|undefined/);
  expect(await draw()).toBe(svg);
});

test("three objectives are drawn as three pairs, and a minimised one is headed as negated", async () => {
  const three = [...objectives, { name: "cost", description: "Cost little.", direction: "minimize" as const }];
  const points = [{ preference: [1, 0, 0], mean: [1, 2, 3] }];
  const svg = await paretoSvg({ fronts: [{ name: "base", points }], objectives: three, title: "" });
  expect(svg.match(/mean [a-z-]+ reward/g)?.sort()).toEqual(
    [
      "mean -cost reward",
      "mean -cost reward",
      "mean harmless reward",
      "mean harmless reward",
      "mean helpful reward",
      "mean helpful reward",
    ].sort(),
  );
});

test("what cannot be drawn is refused", async () => {
  const plot = { objectives, title: "" };
  await expectRefusal(() => paretoSvg({ ...plot, fronts: [] }), "plot-empty", "There are no fronts");
  await expectRefusal(
    () => paretoSvg({ ...plot, fronts: [{ name: "a", points: [] }] }),
    "plot-empty",
    'Front "a" has no points',
  );
  await expectRefusal(() => paretoSvg({ ...plot, fronts: [exact, exact] }), "plot-names", "needs a name of its own");
  await expectRefusal(
    () => paretoSvg({ ...plot, objectives: objectives.slice(1), fronts: [exact] }),
    "plot-objectives",
    "at least 2 objectives; got 1",
  );
});

test("a report is a table of every preference with the protocol its figures belong to, as text and as Markdown", async () => {
  const report = await reportOf();
  const text = formatReport(report);
  expect(text).toMatch(/preference \(helpful, harmless\) +mean helpful +mean harmless/);
  expect(text).toMatch(/ 0\.30, 0\.70 +-?\d\.\d{3} \[/);
  expect(text).toContain("above reference (-0.1, -0.1).");
  expect(text).toContain(
    `20 prompts per preference; brackets are 95% intervals (prompt bootstrap, 400 resamples); protocol ${report.protocolHash.slice(0, 12)}.`,
  );
  expect(formatReport(report, "markdown").split("\n")[1]).toMatch(/^\| -+: \| -+: \|/);
  expect(formatComparison(compareFronts([{ name: "uniarm", report }]))).toMatch(/uniarm +\d\.\d{3} \[.*of 11/);
});

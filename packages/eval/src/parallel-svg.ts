import type { ObjectiveList } from "@uniarm/core/schema";
import { checkPlot, colorsOf, type ParetoPlot } from "./pareto-plot.ts";
import { FONT, MARGIN } from "./plot-layout.ts";
import { rewardLabel } from "./reward-label.ts";

const WIDTH = 820;
const HEIGHT = 460;
const LEGEND_ROW = 22;

/**
 * Mean rewards as an SVG figure with an axis for each objective: a line for each point of each front, across all of them. What a
 * panel for each pair hides with three objectives or more is seen here: what a point gains on one it loses on another.
 * @throws UniArmError as `paretoSvg` does
 */
export async function parallelSvg({ fronts, objectives, title }: ParetoPlot): Promise<string> {
  checkPlot(fronts, objectives);
  const colors = colorsOf(fronts);
  const legends = legendRows(fronts.map(({ name }) => name));
  const top = MARGIN + 26 + (1 + legends) * LEGEND_ROW;
  const option = {
    animation: false,
    backgroundColor: "#ffffff",
    textStyle: { fontFamily: "sans-serif" },
    title: { text: title, left: MARGIN, top: MARGIN - 5, textStyle: { fontSize: FONT.title, color: "#222222" } },
    legend: { left: MARGIN, top: MARGIN + 26, width: WIDTH - 2 * MARGIN, textStyle: { fontSize: FONT.text } },
    parallel: { left: 70, right: 90, top: top + 34, bottom: 30 },
    parallelAxis: axesOf(fronts, objectives),
    series: fronts.map(({ name, points, exact }, front) => ({
      name,
      type: "parallel",
      silent: true,
      color: colors[front],
      itemStyle: { color: colors[front] },
      lineStyle: { color: colors[front], width: exact ? 1.2 : 1.6, opacity: 0.75, type: exact ? "dashed" : "solid" },
      data: points.map(({ mean }) => mean.map((entry) => (typeof entry === "number" ? entry : entry.value))),
    })),
  };
  const { renderSvg } = await import("./render-svg.ts");
  return renderSvg(option, { width: WIDTH, height: HEIGHT + legends * LEGEND_ROW });
}

/** Each from the least to the largest of its values. */
function axesOf(fronts: ParetoPlot["fronts"], objectives: ObjectiveList): object[] {
  return objectives.map((objective, dim) => {
    const values = fronts.flatMap(({ points }) =>
      points.map(({ mean }) => {
        const entry = mean[dim]!;
        return typeof entry === "number" ? entry : entry.value;
      }),
    );
    const [low, high] = [Math.floor(Math.min(...values) * 20) / 20, Math.ceil(Math.max(...values) * 20) / 20];
    return {
      dim,
      name: rewardLabel(objective),
      min: low,
      max: high > low ? high : low + 0.05,
      nameTextStyle: { fontSize: FONT.text, color: "#333333" },
      axisLabel: { fontSize: 11 },
    };
  });
}

const legendRows = (names: readonly string[]): number => {
  const width = names.reduce((sum, name) => sum + 54 + name.length * 8, 0);
  return Math.ceil(width / (WIDTH - 2 * MARGIN)) - 1;
};

import type { ObjectiveList } from "@uniarm/core/schema";
import type { EChartsCoreOption } from "echarts/core";
import { checkPlot, colorsOf, type ParetoPlot } from "./pareto-plot.ts";
import { FONT, layoutOf, MARGIN, type PlotLayout } from "./plot-layout.ts";
import { seriesOf, type Panel, type PlotFront } from "./plot-series.ts";
import { rewardLabel } from "./reward-label.ts";

const DASHES = "path://M0 0h7v2h-7zM10 0h7v2h-7zM20 0h7v2h-7z";

/**
 * Mean rewards as an SVG figure: one panel per pair of objectives, in each a step line per front along the border of the area
 * that it dominates, with error bars where points have intervals. Filled marks off the line are dominated in this projection
 * only, hollow ones in all objectives. A front whose points coincide (the unsteered base) is a diamond; an exact one is dashed.
 * @throws UniArmError plot-empty, plot-objectives (fewer than two), plot-names (not different), points-length, points-not-finite
 */
export async function paretoSvg({ fronts, objectives, title }: ParetoPlot): Promise<string> {
  checkPlot(fronts, objectives);
  const panels = objectives.flatMap((_, x) =>
    objectives.slice(x + 1).map((_, below): Panel => ({ x, y: x + 1 + below })),
  );
  const layout = layoutOf(panels.length, {
    title,
    caption: captionOf(fronts, panels),
    names: fronts.map(({ name }) => name),
  });
  const { renderSvg } = await import("./render-svg.ts");
  return renderSvg(optionOf(fronts, objectives, panels, layout), layout);
}

function optionOf(
  fronts: readonly PlotFront[],
  objectives: ObjectiveList,
  panels: Panel[],
  layout: PlotLayout,
): EChartsCoreOption {
  const colors = colorsOf(fronts);
  const axis = (objective: number, gridIndex: number, nameGap: number): object => ({
    type: "value",
    gridIndex,
    scale: true,
    name: `mean ${rewardLabel(objectives[objective]!)} reward`,
    nameLocation: "middle",
    nameGap,
    nameTextStyle: { fontSize: FONT.text, color: "#333333" },
    axisLine: { show: true, onZero: false },
    axisLabel: { fontSize: 11 },
    splitLine: { lineStyle: { color: "#eeeeee" } },
  });
  return {
    animation: false,
    backgroundColor: "#ffffff",
    textStyle: { fontFamily: "sans-serif" },
    title: [
      { text: layout.title, left: MARGIN, top: MARGIN - 5, textStyle: { fontSize: FONT.title, color: "#222222" } },
      {
        text: layout.caption,
        left: MARGIN,
        top: layout.captionTop - 5,
        textStyle: { fontSize: FONT.text, fontWeight: "normal", color: "#666666" },
      },
    ],
    legend: fronts.map(({ name, exact }, number) => ({
      ...layout.legends[number]!,
      padding: 0,
      data: [exact ? { name, icon: DASHES } : { name }],
      textStyle: { fontSize: FONT.text },
    })),
    grid: layout.panels,
    xAxis: panels.map(({ x }, index) => axis(x, index, 30)),
    yAxis: panels.map(({ y }, index) => axis(y, index, 48)),
    series: panels.flatMap((panel, index) =>
      fronts.flatMap((front, number) => seriesOf(front, panel, index, colors[number]!)),
    ),
  };
}

function captionOf(fronts: readonly PlotFront[], panels: Panel[]): string {
  const hasIntervals = fronts.some(({ points }) =>
    points.some(({ mean }) => mean.some((entry) => typeof entry !== "number" && entry.interval)),
  );
  return [
    "larger is better",
    ...(hasIntervals ? ["bars are intervals over prompts"] : []),
    "hollow marks are dominated by another point of their front",
    ...(panels.length > 1 ? ["pale marks only in the pair shown"] : []),
  ].join("; ");
}

import { UniArmError, type ObjectiveList } from "@uniarm/core/schema";
import type { EChartsCoreOption } from "echarts/core";
import { FONT, layoutOf, MARGIN, type PlotLayout } from "./plot-layout.ts";
import { seriesOf, type Panel, type PlotFront } from "./plot-series.ts";
import { checkPoints } from "./points.ts";
import { rewardLabel } from "./reward-label.ts";

export interface ParetoPlot {
  fronts: readonly PlotFront[];
  objectives: ObjectiveList;
  title: string;
}

/** Okabe and Ito's colours, which colour-blind readers can tell apart. */
const COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
const EXACT_COLOR = "#555555";
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
  return `${withPlainIds(renderSvg(optionOf(fronts, objectives, panels, layout), layout))}\n`;
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

/** The exact front is grey; the others take the colours in turn. */
function colorsOf(fronts: readonly PlotFront[]): string[] {
  let next = 0;
  return fronts.map(({ exact }) => (exact ? EXACT_COLOR : COLORS[next++ % COLORS.length]!));
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

/** ECharts numbers charts and classes across the whole process; renumbered, the same plot has the same bytes. */
function withPlainIds(svg: string): string {
  const ids = new Map<string, string>();
  return svg.replace(/zr\d+-([a-z]+)-?\d+/g, (id, kind: string) => {
    const plain = ids.get(id) ?? `${kind}${ids.size}`;
    ids.set(id, plain);
    return plain;
  });
}

function checkPlot(fronts: readonly PlotFront[], objectives: ObjectiveList): void {
  if (objectives.length < 2) {
    throw new UniArmError(
      "plot-objectives",
      `A Pareto plot needs at least 2 objectives; got ${objectives.length}. With one objective, compare its means.`,
    );
  }
  if (fronts.length === 0 || fronts.some(({ points }) => points.length === 0)) {
    const empty = fronts.find(({ points }) => points.length === 0);
    throw new UniArmError(
      "plot-empty",
      `${empty ? `Front "${empty.name}" has no points` : "There are no fronts"}; a Pareto plot needs at least one point per front.`,
    );
  }
  const names = fronts.map(({ name }) => name);
  if (new Set(names).size < names.length) {
    throw new UniArmError(
      "plot-names",
      `The fronts are named [${names.join(", ")}]; each needs a name of its own, so that the legend tells them apart.`,
    );
  }
  for (const { name, points } of fronts) {
    const means = points.map(({ mean }) => mean.map((entry) => (typeof entry === "number" ? entry : entry.value)));
    checkPoints(means, objectives.length, `In front "${name}", mean`);
    checkPoints(
      points.map(({ preference }) => preference),
      objectives.length,
      `In front "${name}", preference`,
    );
  }
}

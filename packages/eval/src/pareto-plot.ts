import { UniArmError, type ObjectiveList } from "@uniarm/core/schema";
import type { PlotFront } from "./plot-series.ts";
import { checkPoints } from "./points.ts";

export interface ParetoPlot {
  fronts: readonly PlotFront[];
  objectives: ObjectiveList;
  title: string;
}

/** Okabe and Ito's colours, which colour-blind readers can tell apart. */
const COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
const EXACT_COLOR = "#555555";

/** The exact front is grey; the others take the colours in turn. */
export function colorsOf(fronts: readonly PlotFront[]): string[] {
  let next = 0;
  return fronts.map(({ exact }) => (exact ? EXACT_COLOR : COLORS[next++ % COLORS.length]!));
}

/** @throws UniArmError plot-empty, plot-objectives (fewer than two), plot-names (not different), points-length, points-not-finite */
export function checkPlot(fronts: readonly PlotFront[], objectives: ObjectiveList): void {
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

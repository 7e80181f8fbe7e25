import type { Estimate, Interval } from "@uniarm/core/schema";
import type { CustomSeriesOption, LineSeriesOption, ScatterSeriesOption } from "echarts/charts";
import { nonDominated } from "./dominance.ts";

/** A front to draw; its points may be those of an EvaluationReport or have plain numbers. */
export interface PlotFront {
  name: string;
  points: readonly { preference: readonly number[]; mean: readonly (Estimate | number)[] }[];
  /** A known optimum: drawn as a dashed line without marks. */
  exact?: boolean;
}

export type PlotSeries = LineSeriesOption | ScatterSeriesOption | CustomSeriesOption;

/** Indices of the objectives of a panel's axes. */
export interface Panel {
  x: number;
  y: number;
}

interface Mark {
  preference: readonly number[];
  values: number[];
  intervals: (Interval | null)[];
  dominated: boolean;
}

/** The series that draw one front in panel number `panelIndex`. */
export function seriesOf(front: PlotFront, panel: Panel, panelIndex: number, color: string): PlotSeries[] {
  const marks = marksOf(front);
  const place = { name: front.name, xAxisIndex: panelIndex, yAxisIndex: panelIndex, silent: true, color };
  const at = ({ values }: Mark): [number, number] => [values[panel.x]!, values[panel.y]!];
  const stepped = lineMarks(marks, panel);
  const onLine: LineSeriesOption = {
    ...place,
    type: "line",
    step: "start", // down first, then right: the border of what the front dominates
    data: stepped.map(at),
    lineStyle: { width: front.exact ? 1.5 : 2, type: front.exact ? "dashed" : "solid" },
    symbol: front.exact ? "none" : marks.length === 1 ? "diamond" : "circle",
    symbolSize: marks.length === 1 ? 13 : 7,
    z: front.exact ? 2 : 4,
  };
  if (front.exact) return [onLine];
  const beside: ScatterSeriesOption = {
    ...place,
    type: "scatter",
    data: marks
      .filter((mark) => !stepped.includes(mark))
      .map((mark) => ({
        value: at(mark),
        itemStyle: mark.dominated
          ? { color: "#ffffff", borderColor: color, borderWidth: 1.5 }
          : { color, opacity: 0.45 },
      })),
    symbolSize: 7,
    z: 3,
  };
  return [onLine, beside, errorBars(marks, panel, place, color)];
}

/** The points of a front in order of preference, equal ones once: an unsteered model is one mark, not eleven. */
function marksOf({ points }: PlotFront): Mark[] {
  const ordered = points.toSorted((one, other) => one.preference[0]! - other.preference[0]!);
  const all = ordered.map(({ preference, mean }) => ({
    preference,
    values: mean.map((entry) => (typeof entry === "number" ? entry : entry.value)),
    intervals: mean.map((entry) => (typeof entry === "number" ? null : entry.interval)),
  }));
  const undominated = nonDominated(all.map(({ values }) => values));
  const seen = new Set<string>();
  return all
    .map((mark, index) => ({ ...mark, dominated: !undominated[index] }))
    .filter(({ values }) => !seen.has(values.join(" ")) && seen.add(values.join(" ")));
}

/** The marks on the step line: those undominated in this panel, by preference; by x where other objectives are not shown. */
function lineMarks(marks: Mark[], { x, y }: Panel): Mark[] {
  const kept = nonDominated(marks.map(({ values }) => [values[x]!, values[y]!]));
  const front = marks.filter((_, index) => kept[index]);
  return front[0]?.values.length === 2 ? front : front.sort((one, other) => one.values[x]! - other.values[x]!);
}

/** A horizontal and a vertical bar over each mark's intervals. */
function errorBars(marks: Mark[], { x, y }: Panel, place: object, color: string): CustomSeriesOption {
  const bars = marks.flatMap(({ values, intervals }) => {
    const [across, up] = [intervals[x], intervals[y]];
    return [
      ...(across ? [[across.low, values[y]!, across.high, values[y]!]] : []),
      ...(up ? [[values[x]!, up.low, values[x]!, up.high]] : []),
    ];
  });
  return {
    ...place,
    type: "custom",
    data: bars,
    encode: { x: [0, 2], y: [1, 3] },
    z: 3,
    renderItem: (_, api) => {
      const [x1, y1] = api.coord([api.value(0), api.value(1)]) as [number, number];
      const [x2, y2] = api.coord([api.value(2), api.value(3)]) as [number, number];
      return { type: "line", shape: { x1, y1, x2, y2 }, style: { stroke: color, lineWidth: 1, opacity: 0.6 } };
    },
  };
}

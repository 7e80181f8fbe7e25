import type { Series } from "../api/types.ts";
import { numberText } from "../text/number.ts";
import { clockTime, durationText, exactTime } from "../text/time.ts";
import { dashOf, symbolOf, type ChartColours } from "./colours.ts";
import type { ChartData } from "./data-table.tsx";
import { baseOption, type ChartOption } from "./option.ts";
import { smooth } from "./smooth.ts";
import { X_LABELS, type XAxis } from "./x-axis.ts";
import type { Limits } from "./y-limits.ts";

/** One line of a chart: a metric of a run under the name that the legend shows. */
export interface MetricLine {
  name: string;
  series: Series;
  /** where the series lies on x; absent: at its steps */
  x?: readonly (number | null)[] | undefined;
  /** which colour and dashes it has; absent: those of its place among the lines */
  mark?: number | undefined;
  /** it is the mean of so many lines, with the smallest and the largest of them around it */
  meanOf?: number | undefined;
}

export interface MetricView {
  smoothing: number;
  isLog: boolean;
  x: XAxis;
  /** the part of x that is drawn; absent: all of it */
  range?: { from: number; to: number } | undefined;
  /** false where the page has one of its own */
  hasLegend?: boolean;
  /** mark of the line that stands out before the others */
  lit?: number | null;
}

/** So many lie close: thinner ones are told apart longer. */
const MANY_LINES = 20;
/** A tip of more lines would cover the chart. */
const MOST_IN_TIP = 16;
/** Points are marked where there are so few that a line alone would hide them. */
const FEW_POINTS = 60;
const LIT_WIDTH = 4;
const FADED = 0.2;

type Pair = [number, number | null];

/** Lines that are drawn around a metric's own begin with it: their names are the metric's, which can be anything. */
const HELPER = "helper:";

/** On a logarithmic axis only what is above 0 has a place. */
const drawn = (value: number | null, isLog: boolean): number | null =>
  isLog && value !== null && value <= 0 ? null : value;

export function metricOption(
  lines: readonly MetricLine[],
  view: MetricView,
  colours: ChartColours,
  limits?: Limits,
): ChartOption {
  const { axis, ...base } = baseOption(colours);
  const { smoothing, isLog, x, range, hasLegend = lines.length > 1 } = view;
  const lit = lines.some(({ mark }, index) => (mark ?? index) === view.lit) ? view.lit : null;
  const series = lines.flatMap((metricLine, index) => {
    const { name, series: measured, x: places, mark: own, meanOf } = metricLine;
    const { step, value, min, max, exact } = measured;
    const mark = own ?? index;
    const colour = colours.series[mark % colours.series.length]!;
    const at = places ?? step;
    const pairs = (values: readonly (number | null)[]): Pair[] =>
      values.flatMap((one, point): Pair[] => {
        const place = at[point];
        if (place === null || place === undefined) return [];
        return range && (place < range.from || place > range.to) ? [] : [[place, drawn(one, isLog)]];
      });
    const few = step.length <= FEW_POINTS;
    const line = {
      type: "line" as const,
      name,
      data: pairs(smooth(value, smoothing)),
      color: colour,
      symbol: symbolOf(mark),
      symbolSize: 5,
      showSymbol: few,
      sampling: "lttb" as const,
      lineStyle: {
        width: mark === lit ? LIT_WIDTH : lines.length > MANY_LINES ? 1 : 2,
        type: dashOf(mark),
        opacity: lit === null || mark === lit ? 1 : FADED,
      },
      itemStyle: { opacity: lit === null || mark === lit ? 1 : FADED },
      z: mark === lit ? 3 : 2,
      emphasis: { disabled: true },
    };
    const raw =
      smoothing > 0
        ? [
            {
              ...line,
              id: `${HELPER} measured ${index}`,
              name: `${name}, as measured`,
              data: pairs(value),
              showSymbol: false,
              lineStyle: { width: 1, opacity: 0.3 },
              tooltip: { show: false },
              silent: true,
            },
          ]
        : [];
    return [...(exact && meanOf === undefined ? [] : band(name, index, pairs(min), pairs(max), colour)), ...raw, line];
  });
  return {
    ...base,
    grid: { left: 8, right: 16, top: hasLegend ? 34 : 12, bottom: 26, containLabel: true },
    legend: {
      show: hasLegend,
      type: "scroll",
      top: 0,
      left: 0,
      textStyle: { color: colours.ink },
      data: lines.map(({ name }) => name),
    },
    tooltip: {
      ...base.tooltip,
      trigger: "axis",
      axisPointer: { type: "line", lineStyle: { color: colours.muted } },
      formatter: (params: unknown) => tooltipText(params, x),
    },
    xAxis: {
      ...axis,
      type: x === "clock" ? "time" : "value",
      name: X_LABELS[x],
      nameGap: 24,
      scale: true,
      splitLine: { show: false },
      ...(range ? { min: range.from, max: range.to } : {}),
      ...(x === "time"
        ? { axisLabel: { ...axis.axisLabel, formatter: (seconds: number) => durationText(seconds * 1000) } }
        : {}),
    },
    yAxis: { ...axis, type: isLog ? "log" : "value", scale: true, ...limitsOn(isLog, limits) },
    series,
  };
}

/** A limit that has no place on the axis is left out. */
function limitsOn(isLog: boolean, { min, max }: Limits = { min: null, max: null }): { min?: number; max?: number } {
  const [low, high] = [drawn(min, isLog), drawn(max, isLog)];
  return { ...(low === null ? {} : { min: low }), ...(high === null ? {} : { max: high }) };
}

/** Between the smallest and the largest of each stretch that a point stands for. */
function band(name: string, index: number, low: readonly Pair[], high: readonly Pair[], color: string) {
  const common = {
    type: "line" as const,
    stack: `band ${index}`,
    stackStrategy: "all" as const,
    color,
    silent: true,
    symbol: "none",
    lineStyle: { opacity: 0 },
    tooltip: { show: false },
    emphasis: { disabled: true },
  };
  const height = high.map(([x, top], index): Pair => {
    const bottom = low[index]?.[1] ?? null;
    return [x, top === null || bottom === null ? null : top - bottom];
  });
  return [
    { ...common, id: `${HELPER} low ${index}`, name: `${name}, smallest`, data: [...low] },
    {
      ...common,
      id: `${HELPER} high ${index}`,
      name: `${name}, largest`,
      data: height,
      areaStyle: { color, opacity: 0.18 },
    },
  ];
}

function tooltipText(params: unknown, x: XAxis): string {
  const found = (Array.isArray(params) ? params : [params]) as { seriesId?: string; seriesName: string; value: Pair }[];
  const shown = found.filter(({ seriesId }) => !seriesId?.startsWith(HELPER));
  const place = shown[0]?.value[0];
  if (place === undefined) return "";
  const head = placeText(x, place);
  const told = shown.slice(0, MOST_IN_TIP).map(({ seriesName, value }) => `${seriesName}  ${numberText(value[1])}`);
  const left = shown.length - told.length;
  return [head, ...told, ...(left > 0 ? [`and ${left} more`] : [])].join("\n");
}

/** A stretch of x in words; within one day its times alone. */
export function stretchText(x: XAxis, from: number, to: number): string {
  const [first, last] = [new Date(from), new Date(to)];
  return x === "clock" && first.toDateString() === last.toDateString()
    ? `${clockTime(first.toISOString())} to ${clockTime(last.toISOString())}`
    : `${placeText(x, from)} to ${placeText(x, to)}`;
}

/** A place on x in words. */
function placeText(x: XAxis, place: number): string {
  if (x === "clock") return exactTime(new Date(place).toISOString());
  return x === "time" ? durationText(place * 1000) : `${x} ${place.toLocaleString("en-US")}`;
}

/** One row a point of a line; when it was measured where that is known. */
export function metricData(lines: readonly MetricLine[]): ChartData {
  const isTimed = lines.some(({ series }) => series.time !== undefined);
  return {
    columns: ["line", "step", ...(isTimed ? ["time"] : []), "value", "min", "max", "points"],
    rows: lines.flatMap(({ name, series }) =>
      series.step.map((step, index) => {
        const time = series.time?.[index];
        return [
          name,
          step,
          ...(isTimed ? [time == null ? null : new Date(time).toISOString()] : []),
          series.value[index] ?? null,
          series.min[index] ?? null,
          series.max[index] ?? null,
          series.count[index] ?? null,
        ];
      }),
    ),
  };
}

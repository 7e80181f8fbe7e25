import type { CustomSeriesRenderItem } from "echarts";
import { symbolOf, type ChartColours } from "../../charts/colours.ts";
import { baseOption, type ChartOption } from "../../charts/option.ts";
import { numberText } from "../../text/number.ts";
import { preferenceText, type Explored, type Optimum, type Protocol } from "./explored.ts";
import { dominanceIn, dominatedRegion, frontier, type Dominance } from "./geometry.ts";

export interface PairInput {
  fronts: readonly Explored[];
  protocol: Protocol;
  axes: readonly [number, number];
  optimum: Optimum | null;
  chosen: { front: string; position: number } | null;
  /** parts that are not drawn: volume, intervals, optimum, path */
  hidden: ReadonlySet<string>;
  colours: ChartColours;
}

/** Above this many fronts their regions hide each other. */
const MOST_REGIONS = 2;

export const DOMINANCE_WORDS: Record<Dominance, string> = {
  none: "on the front",
  projection: "dominated only in this projection",
  all: "dominated in all objectives",
};

/** Two objectives against each other. The first series are the fronts' points, in their order: a press on one tells which. */
export function pairOption(input: PairInput): ChartOption {
  const { fronts, protocol, axes, colours, hidden } = input;
  const { axis, ...base } = baseOption(colours);
  const ends = [0, 1].map((side) => extent(input, side as 0 | 1)) as [[number, number], [number, number]];
  const axisOf = (side: 0 | 1) => ({
    ...axis,
    type: "value" as const,
    axisLine: { ...axis.axisLine, onZero: false },
    name: `${protocol.objectives[axes[side]]!} (mean reward, larger is better)`,
    nameGap: side === 0 ? 28 : 44,
    min: ends[side][0],
    max: ends[side][1],
    axisLabel: { ...axis.axisLabel, formatter: numberText, showMinLabel: false, showMaxLabel: false },
  });
  return {
    ...base,
    grid: { left: 62, right: 16, top: 14, bottom: 46 },
    xAxis: axisOf(0),
    yAxis: axisOf(1),
    series: [
      ...fronts.map((explored) => pointsOf(input, explored)),
      ...(hidden.has("volume") ? [] : fronts.slice(0, MOST_REGIONS).map((explored) => regionOf(input, explored))),
      ...fronts.flatMap((explored) => linesOf(input, explored)),
      ...(hidden.has("intervals") ? [] : fronts.map((explored) => intervalsOf(input, explored))),
      ...optimumOf(input),
      ...(hidden.has("volume") ? [] : [referenceOf(input)]),
      ...chosenOf(input),
    ],
  };
}

type Place = [number, number];
const seen = (mean: readonly number[], [x, y]: readonly [number, number]): Place => [mean[x]!, mean[y]!];

/** Everything that is drawn has room, the reference point too. */
function extent({ fronts, protocol, axes, optimum, hidden }: PairInput, side: 0 | 1): [number, number] {
  const axis = axes[side];
  const values = [
    ...fronts.flatMap(({ front }) =>
      front.points.flatMap(({ mean, low, high }) => [mean[axis], low[axis], high[axis]]),
    ),
    ...(optimum && !hidden.has("optimum") ? optimum.curve.map(({ mean }) => mean[axis]) : []),
    ...(hidden.has("volume") ? [] : [protocol.rawReference[axis]]),
  ].filter((value): value is number => value !== undefined && Number.isFinite(value));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (high - low || 1) * 0.06;
  return [low - room, high + room];
}

function pointsOf({ axes, colours, protocol }: PairInput, { front, index, label }: Explored) {
  const colour = colours.series[index % colours.series.length]!;
  const dominance = dominanceIn(
    front.points.map(({ mean }) => mean),
    axes,
  );
  return {
    type: "scatter" as const,
    name: label,
    z: 5,
    symbol: symbolOf(index),
    symbolSize: 11,
    cursor: "pointer",
    data: front.points.map(({ mean }, position) => ({
      value: seen(mean, axes),
      itemStyle: markOf(dominance[position]!, colour, colours.surface),
    })),
    tooltip: {
      formatter: ({ dataIndex }: { dataIndex: number }) => {
        const { preference, mean, low, high, promptCount } = front.points[dataIndex]!;
        const rewards = protocol.objectives.map(
          (name, axis) => `${name}  ${numberText(mean[axis])}${intervalText(low[axis], high[axis])}`,
        );
        return [
          `${label} at ${preferenceText(preference)}`,
          ...rewards,
          `${DOMINANCE_WORDS[dominance[dataIndex]!]}; ${promptCount} prompts`,
        ].join("\n");
      },
    },
  };
}

const intervalText = (low: number | undefined, high: number | undefined): string =>
  low === undefined || high === undefined ? "" : `  [${numberText(low)}, ${numberText(high)}]`;

/** Full: on the front. Pale with a border: hidden by this projection. Hollow: dominated. */
const markOf = (dominance: Dominance, colour: string, surface: string) =>
  dominance === "none"
    ? { color: colour, borderColor: surface, borderWidth: 1 }
    : {
        color: dominance === "all" ? surface : `${colour}66`,
        borderColor: colour,
        borderWidth: 1.5,
        ...(dominance === "all" ? {} : { borderType: "dashed" as const }),
      };

/** A step line along what is dominated, and a thin one through all points in the order of their preferences. */
function linesOf({ axes, colours, hidden }: PairInput, { front, index }: Explored) {
  const color = colours.series[index % colours.series.length]!;
  const places = front.points.map(({ mean }) => seen(mean, axes));
  const common = { type: "line" as const, symbol: "none", silent: true, tooltip: { show: false } };
  const path = { ...common, z: 2, data: places, lineStyle: { color, width: 1, opacity: 0.35 } };
  return [
    { ...common, z: 3, step: "start" as const, data: frontier(places), lineStyle: { color, width: 2 } },
    ...(front.objectives.length === 2 && !hidden.has("path") ? [path] : []),
  ];
}

function intervalsOf({ axes, colours }: PairInput, { front, index }: Explored) {
  const stroke = colours.series[index % colours.series.length]!;
  const [x, y] = axes;
  const render: CustomSeriesRenderItem = (_params, at) => {
    const [left, right, middleX, bottom, top, middleY] = [0, 1, 2, 3, 4, 5].map((place) => Number(at.value(place)));
    const [[x1, y1], [x2], [, y3], [, y4]] = [
      at.coord([left!, middleY!]),
      at.coord([right!, middleY!]),
      at.coord([middleX!, bottom!]),
      at.coord([middleX!, top!]),
    ] as [Place, Place, Place, Place];
    const [x3] = at.coord([middleX!, middleY!]) as Place;
    const style = { stroke, lineWidth: 1.2, opacity: 0.6 };
    return {
      type: "group",
      children: [
        { type: "line", shape: { x1, y1, x2, y2: y1 }, style },
        { type: "line", shape: { x1: x3, y1: y3, x2: x3, y2: y4 }, style },
      ],
    };
  };
  return {
    type: "custom" as const,
    z: 4,
    silent: true,
    tooltip: { show: false },
    renderItem: render,
    data: front.points
      .filter(({ low }) => low.length > 0)
      .map(({ mean, low, high }) => [low[x]!, high[x]!, mean[x]!, low[y]!, high[y]!, mean[y]!]),
  };
}

/** The region that the hypervolume measures, as far as two axes can show it. */
function regionOf({ axes, colours, protocol }: PairInput, { front, index }: Explored) {
  const fill = colours.series[index % colours.series.length]!;
  const polygon = dominatedRegion(
    front.points.map(({ mean }) => seen(mean, axes)),
    seen(protocol.rawReference, axes),
  );
  return {
    type: "custom" as const,
    z: 1,
    silent: true,
    tooltip: { show: false },
    data: polygon.length === 0 ? [] : [[0]],
    renderItem: ((_params, at) => ({
      type: "polygon",
      shape: { points: polygon.map((corner) => at.coord(corner)) },
      style: { fill, opacity: 0.1 },
    })) satisfies CustomSeriesRenderItem as CustomSeriesRenderItem,
  };
}

function referenceOf({ axes, colours, protocol }: PairInput) {
  const place = seen(protocol.rawReference, axes);
  return {
    type: "scatter" as const,
    name: "reference point",
    z: 4,
    symbolSize: 11,
    data: [place],
    symbol: "path://M5 0h2v5h5v2H7v5H5V7H0V5h5z",
    itemStyle: { color: colours.ink },
    label: { show: true, position: "right" as const, color: colours.muted, formatter: "reference" },
    tooltip: { formatter: () => `reference point of the hypervolume\n${place.map(numberText).join(", ")}` },
  };
}

function optimumOf({ axes, colours, optimum, hidden, protocol }: PairInput) {
  if (!optimum || hidden.has("optimum")) return [];
  const common = { name: "exact optimum", z: 3 };
  const line = frontier(optimum.curve.map(({ mean }) => seen(mean, axes)));
  return [
    {
      ...common,
      type: "line" as const,
      step: "start" as const,
      symbol: "none",
      silent: true,
      data: line,
      lineStyle: { color: colours.ink, width: 1.5, type: [6, 3] },
      tooltip: { show: false },
    },
    {
      ...common,
      type: "scatter" as const,
      symbol: "diamond",
      symbolSize: 7,
      itemStyle: { color: colours.surface, borderColor: colours.ink, borderWidth: 1.2 },
      data: optimum.points.map(({ mean }) => seen(mean, axes)),
      tooltip: {
        formatter: ({ dataIndex }: { dataIndex: number }) => {
          const { preference, mean } = optimum.points[dataIndex]!;
          const rewards = protocol.objectives.map((name, axis) => `${name}  ${numberText(mean[axis])}`);
          return [`exact optimum at ${preferenceText(preference)}`, ...rewards].join("\n");
        },
      },
    },
  ];
}

/** A ring around the point whose answers are shown. */
function chosenOf({ axes, chosen, fronts, colours }: PairInput) {
  const point = fronts.find(({ front }) => front.id === chosen?.front)?.front.points[chosen?.position ?? -1];
  if (!point) return [];
  return [
    {
      type: "scatter" as const,
      z: 6,
      silent: true,
      symbol: "circle",
      symbolSize: 20,
      tooltip: { show: false },
      itemStyle: { color: "transparent", borderColor: colours.accent, borderWidth: 2.5 },
      data: [seen(point.mean, axes)],
    },
  ];
}

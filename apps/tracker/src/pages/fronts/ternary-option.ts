import { baseOption, type ChartOption } from "../../charts/option.ts";
import type { ChartColours } from "../../charts/colours.ts";
import { numberText } from "../../text/number.ts";
import { preferenceText, type Explored } from "./explored.ts";
import { ternary } from "./geometry.ts";

/** From dark to light blue-yellow, as cividis: order is seen without telling hues apart. */
const SCALE = ["#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838"];
const TOP = Math.sqrt(3) / 2;

export interface TernaryInput {
  explored: Explored;
  /** objective that colours the points; null: preference times reward */
  by: number | null;
  chosen: number | null;
  colours: ChartColours;
}

export const valueBy = (
  { mean, preference }: { mean: readonly number[]; preference: readonly number[] },
  by: number | null,
): number => (by === null ? preference.reduce((sum, entry, axis) => sum + entry * mean[axis]!, 0) : mean[by]!);

/** The grid of preferences as a triangle; the colour says what was obtained there. */
export function ternaryOption({ explored: { front }, by, chosen, colours }: TernaryInput): ChartOption {
  const { axis: _, ...base } = baseOption(colours);
  const values = front.points.map((point) => valueBy(point, by));
  const data = front.points.map(({ preference }, index) => [
    ...ternary(preference as [number, number, number]),
    values[index]!,
  ]);
  const hidden = { show: false, type: "value" as const };
  const corner = (place: [number, number], text: string, position: "bottom" | "top") => ({
    value: place,
    symbolSize: 0.1,
    label: { show: true, position, formatter: text, color: colours.ink, fontWeight: "bold" as const },
  });
  const [first = "", second = "", third = ""] = front.objectives;
  return {
    ...base,
    grid: { left: 20, right: 20, top: 18, bottom: 44 },
    xAxis: { ...hidden, min: -0.25, max: 1.25 },
    yAxis: { ...hidden, min: -0.14, max: TOP + 0.08 },
    visualMap: {
      min: Math.min(...values),
      max: Math.max(...values),
      dimension: 2,
      seriesIndex: 0,
      calculable: false,
      orient: "horizontal" as const,
      left: "center",
      bottom: 4,
      itemWidth: 12,
      itemHeight: 140,
      inRange: { color: SCALE },
      textStyle: { color: colours.muted },
      formatter: (value: unknown) => numberText(Number(value)),
      text: [numberText(Math.max(...values)), numberText(Math.min(...values))],
    },
    series: [
      {
        type: "scatter",
        z: 3,
        symbolSize: 22,
        data,
        cursor: "pointer",
        itemStyle: { borderColor: colours.muted, borderWidth: 1 },
        tooltip: {
          formatter: ({ dataIndex }: { dataIndex: number }) => {
            const { preference, mean } = front.points[dataIndex]!;
            const rewards = front.objectives.map((name, axis) => `${name}  ${numberText(mean[axis])}`);
            return [`at ${preferenceText(preference)}`, ...rewards].join("\n");
          },
        },
      },
      {
        type: "line",
        z: 1,
        silent: true,
        symbol: "none",
        lineStyle: { color: colours.muted, width: 1 },
        data: [
          [0, 0],
          [1, 0],
          [0.5, TOP],
          [0, 0],
        ],
      },
      {
        type: "scatter",
        z: 2,
        silent: true,
        data: [
          corner([0, -0.04], first, "bottom"),
          corner([1, -0.04], second, "bottom"),
          corner([0.5, TOP + 0.05], third, "top"),
        ],
      },
      ...(chosen === null || !data[chosen]
        ? []
        : [
            {
              type: "scatter" as const,
              z: 4,
              silent: true,
              symbol: "circle",
              symbolSize: 30,
              data: [data[chosen].slice(0, 2)],
              itemStyle: { color: "transparent", borderColor: colours.accent, borderWidth: 2.5 },
            },
          ]),
    ],
  };
}

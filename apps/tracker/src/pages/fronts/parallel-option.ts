import { dashOf, type ChartColours } from "../../charts/colours.ts";
import { baseOption, type ChartOption } from "../../charts/option.ts";
import { numberText } from "../../text/number.ts";
import type { Explored, Protocol } from "./explored.ts";

/** Every point as a line over all objectives; a stretch of an axis that is dragged over keeps only the lines through it. */
export function parallelOption(
  fronts: readonly Explored[],
  { objectives }: Protocol,
  colours: ChartColours,
): ChartOption {
  const { axis, ...base } = baseOption(colours);
  return {
    ...base,
    tooltip: { show: false },
    parallel: {
      left: 50,
      right: 60,
      top: 36,
      bottom: 24,
      parallelAxisDefault: {
        ...axis,
        nameTextStyle: { color: colours.ink },
        nameLocation: "end",
        scale: true,
        axisLabel: { ...axis.axisLabel, formatter: numberText },
        areaSelectStyle: { color: colours.accent, borderColor: colours.accent, opacity: 0.3, width: 18 },
      },
    },
    parallelAxis: objectives.map((name, dim) => ({ dim, name })),
    series: fronts.map(({ front, index, label }) => ({
      type: "parallel" as const,
      name: label,
      inactiveOpacity: 0.06,
      activeOpacity: 0.9,
      lineStyle: {
        color: colours.series[index % colours.series.length]!,
        width: 1.8,
        opacity: 0.7,
        type: dashOf(index),
      },
      data: front.points.map(({ mean }) => mean),
    })),
  };
}

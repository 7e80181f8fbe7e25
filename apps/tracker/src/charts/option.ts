import type { EChartsOption } from "echarts";
import type { ChartColours } from "./colours.ts";

export type ChartOption = EChartsOption;

/** What all charts have in common; a chart lays its own over it. */
export function baseOption({ ink, muted, line, surface, series, font }: ChartColours) {
  const axis = {
    axisLine: { lineStyle: { color: muted } },
    axisTick: { lineStyle: { color: muted } },
    axisLabel: { color: muted, hideOverlap: true },
    nameTextStyle: { color: muted },
    splitLine: { lineStyle: { color: line } },
    nameLocation: "middle" as const,
  };
  return {
    animation: false,
    color: series,
    backgroundColor: surface,
    textStyle: { color: ink, fontFamily: font },
    // drawn, not markup: names of users can hold anything
    tooltip: {
      renderMode: "richText" as const,
      confine: true,
      backgroundColor: surface,
      borderColor: muted,
      textStyle: { color: ink, fontSize: 12, fontFamily: font },
    },
    axis,
  };
}

import type { Importance } from "@uniarm/pipeline/schema";
import type { ChartColours } from "../../charts/colours.ts";
import { baseOption, type ChartOption } from "../../charts/option.ts";
import { numberText } from "../../text/number.ts";
import type { Compared, Figure } from "./compared.ts";

/** A run with the settings that it was given, and its figure. */
export interface Observed {
  label: string;
  settings: Record<string, unknown>;
  value: number;
}

/** The runs that have the figure. Where a run writes is no setting of it. */
export function observed(compared: readonly Compared[], figure: Figure): Observed[] {
  return compared.flatMap(({ run, label, settings }) => {
    const value = figure.of(run);
    if (value === null || !Number.isFinite(value)) return [];
    const own = Object.fromEntries([...settings].filter(([path]) => path !== "output"));
    return [{ label, settings: own, value }];
  });
}

const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;

export function sharesOption({ settings, together }: Importance, colours: ChartColours): ChartOption {
  const { axis, ...base } = baseOption(colours);
  const rows = [...settings, { path: "settings together", share: together, spread: 0 }].toReversed();
  return {
    ...base,
    tooltip: {
      ...base.tooltip,
      formatter: (params: unknown) => {
        const { path, share, spread } = rows[(params as { dataIndex: number }).dataIndex]!;
        return `${path}: ${percent(share)}${spread > 0 ? `, ± ${percent(spread)} over the trees` : ""}`;
      },
    },
    grid: { left: 8, right: 56, top: 8, bottom: 40, containLabel: true },
    xAxis: {
      ...axis,
      type: "value",
      min: 0,
      max: 1,
      name: "share of the variance",
      nameGap: 26,
      axisLabel: { ...axis.axisLabel, formatter: percent },
    },
    yAxis: {
      ...axis,
      type: "category",
      data: rows.map(({ path }) => path),
      axisLabel: { ...axis.axisLabel, color: colours.ink, width: 220, overflow: "truncate" as const },
    },
    series: [
      {
        type: "bar",
        data: rows.map(({ path, share }) => ({
          value: share,
          itemStyle: { color: path === "settings together" ? colours.muted : colours.series[0]! },
        })),
        label: {
          show: true,
          position: "right",
          color: colours.ink,
          formatter: ({ value }: { value: unknown }) => percent(Number(value)),
        },
      },
    ] as ChartOption["series"],
  };
}

/** The figure of each run over one setting: what the others were is not shown. */
export function sliceOption(path: string, name: string, runs: readonly Observed[], colours: ChartColours): ChartOption {
  const { axis, ...base } = baseOption(colours);
  const values = runs.map(({ settings }) => settings[path]);
  const isNumeric = values.every((value) => typeof value === "number");
  const numbers = values.filter((value): value is number => typeof value === "number");
  const isLog = isNumeric && Math.min(...numbers) > 0 && Math.max(...numbers) / Math.min(...numbers) >= 100;
  const textOf = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? "absent"));
  const x = isNumeric
    ? { ...axis, type: isLog ? ("log" as const) : ("value" as const), scale: true }
    : { ...axis, type: "category" as const, data: [...new Set(values.map(textOf))].toSorted() };
  return {
    ...base,
    tooltip: {
      ...base.tooltip,
      formatter: (params: unknown) => {
        const { label, settings, value } = runs[(params as { dataIndex: number }).dataIndex]!;
        return `${label}\n${path}: ${textOf(settings[path])}\n${name}: ${numberText(value)}`;
      },
    },
    grid: { left: 8, right: 16, top: 12, bottom: 24, containLabel: true },
    xAxis: x,
    yAxis: {
      ...axis,
      type: "value",
      scale: true,
      axisLabel: { ...axis.axisLabel, formatter: numberText },
    },
    series: [
      {
        type: "scatter",
        symbolSize: 8,
        itemStyle: { color: colours.series[0]!, opacity: 0.7 },
        data: runs.map(({ settings, value }) => [
          isNumeric ? (settings[path] as number) : textOf(settings[path]),
          value,
        ]),
      },
    ],
  };
}

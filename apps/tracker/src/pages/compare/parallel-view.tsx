import { differingPaths } from "@uniarm/pipeline/schema";
import { useMemo } from "react";
import { ChartFrame } from "../../charts/chart-frame.tsx";
import { dashOf, useChartColours, type ChartColours } from "../../charts/colours.ts";
import { baseOption, type ChartOption } from "../../charts/option.ts";
import { numberText } from "../../text/number.ts";
import type { Compared, Figure } from "./compared.ts";
import { settingText } from "./setting-text.ts";

/** More axes than this are too close to be brushed. */
const MOST_SETTINGS = 8;

interface Axis {
  name: string;
  /** texts in their order, where the values are no numbers */
  categories: string[] | null;
  of: (one: Compared) => number | string | null;
}

/** Settings that differ, then figures: which setting gave what. */
export function ParallelView({ compared, figures }: { compared: readonly Compared[]; figures: readonly Figure[] }) {
  const colours = useChartColours();
  const axes = useMemo(() => axesOf(compared, figures), [compared, figures]);
  const option = useMemo(() => optionOf(compared, axes, colours), [compared, axes, colours]);
  if (axes.length < 2)
    return (
      <p className="rounded-lg border border-line bg-surface p-4 text-muted">
        Parallel coordinates need two settings or figures that differ.
      </p>
    );
  return (
    <ChartFrame
      title={
        <>
          Settings and figures{" "}
          <span className="font-normal text-muted">
            drag along an axis to keep the runs that pass there; press it to let go
          </span>
        </>
      }
      name="runs in parallel coordinates"
      option={option}
      height={460}
      data={() => ({
        columns: ["run", ...axes.map(({ name }) => name)],
        rows: compared.map((one) => [one.label, ...axes.map(({ of }) => of(one))]),
      })}
    />
  );
}

function axesOf(compared: readonly Compared[], figures: readonly Figure[]): Axis[] {
  const paths = differingPaths(compared.map(({ settings }) => settings))
    .filter((path) => path !== "output") // a folder: every run has its own
    .slice(0, MOST_SETTINGS);
  const settings = paths.map((path): Axis => {
    const values = compared.map(({ settings: own }) => own.get(path));
    if (values.every((value) => typeof value === "number" || value === undefined))
      return { name: path, categories: null, of: (one) => (one.settings.get(path) as number | undefined) ?? null };
    const of = (one: Compared): string => shortened(settingText(one.settings.get(path)));
    return { name: path, categories: [...new Set(compared.map(of))], of };
  });
  const measured = figures
    .filter(({ of }) => new Set(compared.map(({ run }) => of(run))).size > 1)
    .map(({ label, of }): Axis => ({ name: label, categories: null, of: ({ run }) => of(run) }));
  return [...settings, ...measured];
}

const LONGEST = 24;
const shortened = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);

function optionOf(compared: readonly Compared[], axes: readonly Axis[], colours: ChartColours): ChartOption {
  const { axis, ...base } = baseOption(colours);
  return {
    ...base,
    tooltip: { ...base.tooltip, formatter: (params: unknown) => (params as { seriesName: string }).seriesName },
    parallel: { left: 60, right: 90, top: 48, bottom: 24 },
    parallelAxis: axes.map(({ name, categories }, dim) => ({
      ...axis,
      dim,
      name: shortened(name),
      nameLocation: "end" as const,
      nameTextStyle: { color: colours.ink },
      ...(categories
        ? { type: "category" as const, data: categories, axisLabel: { ...axis.axisLabel } }
        : { type: "value" as const, scale: true, axisLabel: { ...axis.axisLabel, formatter: numberText } }),
      areaSelectStyle: { color: colours.accent, borderColor: colours.accent, opacity: 0.3, width: 18 },
    })),
    series: compared.map((one) => ({
      type: "parallel" as const,
      name: one.label,
      inactiveOpacity: 0.05,
      activeOpacity: 1,
      lineStyle: {
        color: colours.series[one.index % colours.series.length]!,
        width: 2,
        opacity: 0.75,
        type: dashOf(one.index),
      },
      data: [axes.map(({ of }) => of(one) ?? "-")],
    })),
  };
}

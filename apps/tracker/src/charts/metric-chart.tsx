import { useMemo, type ReactNode } from "react";
import { useChartColours } from "./colours.ts";
import { ChartFrame } from "./chart-frame.tsx";
import type { ChartData } from "./data-table.tsx";
import type { Zoom } from "./key-zoom.ts";
import type { Limits } from "./y-limits.ts";
import { metricData, metricOption, type MetricLine, type MetricView } from "./metric-lines.ts";

export interface MetricChartProps {
  title: ReactNode;
  name: string;
  lines: readonly MetricLine[];
  view: MetricView;
  /** of y; in a map that stays the same as long as they do */
  limits?: Limits | undefined;
  height?: number;
  fullData?: () => Promise<ChartData>;
  /** a stretch of x was chosen, as steps */
  onSteps?: ((from: number, to: number) => void) | undefined;
  /** a stretch of x was chosen, as places on it */
  onPlaces?: ((from: number, to: number) => void) | undefined;
  /** a key asks for another stretch */
  onZoom?: ((zoom: Zoom) => void) | undefined;
  /** controls beside the title */
  actions?: ReactNode;
}

/** Histories of metrics as lines: smoothing, logarithmic axis, band of smallest and largest, zoom by dragging and by keys. */
export function MetricChart({
  title,
  name,
  lines,
  view,
  limits,
  height,
  fullData,
  onSteps,
  onPlaces,
  onZoom,
  actions,
}: MetricChartProps) {
  const colours = useChartColours();
  const option = useMemo(() => metricOption(lines, view, colours, limits), [lines, view, colours, limits]);
  const total = lines.reduce((sum, { series }) => sum + series.total, 0);
  const isThinned = lines.some(({ series }) => !series.exact);
  const nonFinite = lines.reduce((sum, { series }) => sum + series.nonFinite.length, 0);
  return (
    <ChartFrame
      title={title}
      name={name}
      option={option}
      height={height}
      fullData={fullData}
      data={() => metricData(lines)}
      onZoom={onZoom}
      onRange={
        onPlaces ??
        (onSteps &&
          ((from, to) => {
            const steps = stepsBetween(lines, from, to);
            if (steps) onSteps(...steps);
          }))
      }
      aside={
        <>
          {(isThinned || nonFinite > 0) && (
            <span className="text-xs text-muted">
              {isThinned && `${total.toLocaleString("en-US")} points in stretches`}
              {isThinned && nonFinite > 0 && ", "}
              {nonFinite > 0 && <span className="text-bad">{nonFinite} not finite</span>}
            </span>
          )}
          {actions}
        </>
      }
    />
  );
}

/** Steps of the points between two places of x. */
function stepsBetween(lines: readonly MetricLine[], from: number, to: number): [number, number] | null {
  const steps = lines.flatMap(({ series: { step }, x }) =>
    x === undefined
      ? [Math.max(0, Math.floor(from)), Math.ceil(to)]
      : step.filter((_, index) => {
          const place = x[index];
          return place != null && place >= from && place <= to;
        }),
  );
  return steps.length === 0 ? null : [Math.min(...steps), Math.max(...steps)];
}

import { useQuery } from "@tanstack/react-query";
import { LIMITS, textOfNames } from "@uniarm/core/schema";
import { ChartLine, RotateCcw } from "lucide-react";
import { useMemo } from "react";
import { queries } from "../../api/queries.ts";
import { api } from "../../api/client.ts";
import { usePins } from "../../api/pins.ts";
import { useKeepList, useUrlList } from "../../api/url-list.ts";
import type { Run, Series } from "../../api/types.ts";
import type { RunSearch } from "../../app/search.ts";
import { lossesFirst } from "../../charts/losses-first.ts";
import { metricData, type MetricLine, type MetricView } from "../../charts/metric-lines.ts";
import { MetricChart } from "../../charts/metric-chart.tsx";
import { KEY_HINT, zoomed, type Zoom } from "../../charts/key-zoom.ts";
import { MetricSections } from "../../charts/metric-sections.tsx";
import { PinButton } from "../../charts/pin-button.tsx";
import { sectionsOf, unfolded } from "../../charts/sections.ts";
import { isTimed, placesOn, X_AXES } from "../../charts/x-axis.ts";
import { YLimitsButton } from "../../charts/y-limits-button.tsx";
import { limitsOf, withLimits } from "../../charts/y-limits.ts";
import { Button } from "../../components/button.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { Smoothing } from "../../components/smoothing.tsx";
import { Toggle } from "../../components/toggle.tsx";
import { XAxisChoice } from "../../components/x-axis-choice.tsx";
import { listOf, textOfList } from "../../text/list.ts";
import { drawnOf, MetricPicker } from "./metric-picker.tsx";

/** Points of a line that are drawn; more are fetched as one zooms in. */
const POINTS = 1000;
const SHOWN_AT_FIRST = 6;
const MOST_EXPORTED = 20_000;
const CHART_PX = 280;
/** A run with so many metrics may have more. */
const SERIES_OF_RUN = 1000;

export interface MetricsTabProps {
  run: Run;
  search: RunSearch;
  set: (changes: Partial<RunSearch>) => void;
}

export function MetricsTab({ run, search, set }: MetricsTabProps) {
  const { all, total } = useNames(run);
  const { items: named } = useUrlList({ text: search.keys, id: search.keysIn });
  const keep = useKeepList();
  const { x = "step", smooth = 0, log = false, together = false, from, to } = search;
  const pins = usePins(run.project.id);
  const chosen = named ?? (search.keysIn === undefined ? firstKeys(run, pins.pinned) : []);
  const sections = sectionsOf(all, drawnOf(chosen), pins.pinned);
  const folded = new Set(listOf(search.folded));
  const keys = together ? drawnOf(chosen) : unfolded(sections, folded);
  const choose = (next: readonly string[]): void => {
    const { text, id } = keep(next);
    set({ keys: text, keysIn: id });
  };
  const asked =
    x === "tokens" && !keys.includes("tokens") && all.includes("tokens")
      ? [...keys.slice(0, LIMITS.metrics - 1), "tokens"]
      : keys;
  const { data } = useQuery({
    ...queries.history({
      runs: [run.id],
      keys: asked,
      points: POINTS,
      fromStep: from,
      toStep: to,
      ...(isTimed(x) ? { times: "true" as const } : {}),
    }),
    enabled: asked.length > 0,
  });
  const limits = useMemo(() => limitsOf(search.y), [search.y]);
  const view = useMemo((): MetricView => ({ smoothing: smooth, isLog: log, x }), [smooth, log, x]);
  const found = data?.series;
  const lines = useMemo(() => linesOf(found ?? [], run, x), [found, run, x]);
  if (all.length === 0)
    return (
      <EmptyState icon={ChartLine} title="No metrics yet.">
        {run.children.length > 0 ? "The runs inside of it have them." : "They appear here as the run reports them."}
      </EmptyState>
    );
  const isZoomed = from !== undefined || to !== undefined;
  const zoom = (first: number, last: number): void => set({ from: first, to: last });
  const whole = { from: 0, to: Math.max(1, ...run.series.map(({ lastStep }) => lastStep)) };
  const zoomByKey = (asked: Zoom): void => {
    const steps = zoomed(asked, { from: from ?? whole.from, to: to ?? whole.to }, whole);
    set({ from: steps?.from, to: steps?.to });
  };
  const fullData = (group: readonly string[]) => async () => {
    const { series } = await api.metrics.history.query({
      runs: run.id,
      keys: textOfNames(group),
      points: MOST_EXPORTED,
      fromStep: from,
      toStep: to,
      times: "true",
    });
    return metricData(series.map((one) => ({ name: one.key, series: one })));
  };
  const chart = (group: readonly string[]) => {
    const shown = lines.filter(({ series }) => group.includes(series.key));
    const title = group.join(", ");
    return shown.length > 0 ? (
      <MetricChart
        key={title}
        title={title}
        name={title}
        lines={shown}
        view={view}
        limits={limits.get(title)}
        onSteps={zoom}
        onZoom={zoomByKey}
        height={together ? CHART_PX * 1.6 : CHART_PX}
        fullData={fullData(group)}
        actions={
          <>
            <YLimitsButton
              name={title}
              limits={limits.get(title)}
              onLimits={(next) => set({ y: withLimits(search.y, title, next) })}
            />
            {!together && <PinButton name={title} pins={pins} />}
          </>
        }
      />
    ) : (
      <Skeleton key={title} className="h-[340px]" />
    );
  };
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-end gap-x-4 gap-y-3">
        <MetricPicker all={all} total={total} chosen={chosen} onChosen={choose} />
        <Smoothing value={smooth} onChange={(value) => set({ smooth: value === 0 ? undefined : value })} />
        <XAxisChoice
          value={x}
          axes={X_AXES.filter((axis) => axis !== "tokens" || all.includes("tokens"))}
          onChange={(next) => set({ x: next === "step" ? undefined : next })}
        />
        <Toggle label="Logarithmic" checked={log} onChange={(on) => set({ log: on || undefined })} />
        <Toggle label="In one chart" checked={together} onChange={(on) => set({ together: on || undefined })} />
        {isZoomed && (
          <Button onClick={() => set({ from: undefined, to: undefined })}>
            <RotateCcw aria-hidden />
            Steps {from ?? 0} to {to ?? "the end"}: show all
          </Button>
        )}
        <span role="status" className="sr-only">
          {isZoomed && `Steps ${from ?? 0} to ${to ?? "the end"}`}
        </span>
        <p className="basis-full text-xs text-muted max-md:hidden">Drag over a chart to zoom in. {KEY_HINT}</p>
      </div>
      {together ? (
        chart(keys)
      ) : (
        <MetricSections
          sections={sections}
          folded={folded}
          onFolded={(ids) => set({ folded: textOfList(ids) })}
          onMore={(more) => choose([...new Set([...chosen, ...more])])}
          className="grid gap-4 lg:grid-cols-2 2xl:grid-cols-3"
          chart={(key) => chart([key])}
        />
      )}
    </div>
  );
}

/** A run brings its first metrics with it; where there are more they are asked for. */
function useNames({ id, series }: Run): { all: readonly string[]; total: number } {
  const own = series.map(({ key }) => key);
  const { data } = useQuery({ ...queries.metricNames([id]), enabled: series.length >= SERIES_OF_RUN });
  return data ? { all: data.names.map(({ key }) => key), total: data.total } : { all: own, total: own.length };
}

/** Pinned metrics, and some of the others; what the process used is drawn when it is asked for. */
function firstKeys({ series: all }: Run, pinned: readonly string[]): string[] {
  const own = all.filter(({ key }) => !key.startsWith("system/"));
  const series = own.length > 0 ? own : all;
  const many = series.filter(({ count }) => count > 1);
  const candidates = (many.length > 0 ? many : series).map(({ key }) => key);
  const pins = pinned.filter((pin) => all.some(({ key }) => key === pin));
  return [...new Set([...pins, ...lossesFirst(candidates).slice(0, SHOWN_AT_FIRST)])];
}

function linesOf(series: readonly Series[], run: Run, x: MetricView["x"]): MetricLine[] {
  const known = {
    startedAt: run.startedAt,
    tokens: series.find(({ key }) => key === "tokens"),
  };
  return series.map((one) => ({ name: one.key, series: one, x: placesOn(x, one, known) }));
}

import { useQuery } from "@tanstack/react-query";
import { LIMITS, textOfNames } from "@uniarm/core/schema";
import { ChartLine, RotateCcw } from "lucide-react";
import { useId, useMemo } from "react";
import { queries } from "../../api/queries.ts";
import { api } from "../../api/client.ts";
import { useKeepList, useUrlList } from "../../api/url-list.ts";
import type { Run, Series } from "../../api/types.ts";
import type { RunSearch } from "../../app/search.ts";
import { lossesFirst } from "../../charts/losses-first.ts";
import { metricData, type MetricLine, type MetricView } from "../../charts/metric-lines.ts";
import { MetricChart } from "../../charts/metric-chart.tsx";
import { Button } from "../../components/button.tsx";
import { Checkbox } from "../../components/checkbox.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Select } from "../../components/select.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { drawnOf, MetricPicker } from "./metric-picker.tsx";
import { placesOn } from "./x-axis.ts";

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
  const chosen = named ?? (search.keysIn === undefined ? firstKeys(run) : []);
  const keys = drawnOf(chosen);
  const { x = "step", smooth = 0, log = false, together = false, from, to } = search;
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
      ...(x === "time" ? { times: "true" as const } : {}),
    }),
    enabled: asked.length > 0,
  });
  const view = useMemo((): MetricView => ({ smoothing: smooth, isLog: log, x }), [smooth, log, x]);
  const found = data?.series;
  const lines = useMemo(() => linesOf(found ?? [], run, x), [found, run, x]);
  if (all.length === 0)
    return (
      <EmptyState icon={ChartLine} title="No metrics yet.">
        {run.children.length > 0
          ? "The runs inside of this study have them."
          : "They appear here as the run reports them."}
      </EmptyState>
    );
  const isZoomed = from !== undefined || to !== undefined;
  const zoom = (first: number, last: number): void => set({ from: first, to: last });
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
  const groups = together ? [keys] : keys.map((key) => [key]);
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-end gap-x-4 gap-y-3">
        <MetricPicker
          all={all}
          total={total}
          chosen={chosen}
          onChosen={(next) => {
            const { text, id } = keep(next);
            set({ keys: text, keysIn: id });
          }}
        />
        <Smoothing value={smooth} onChange={(value) => set({ smooth: value === 0 ? undefined : value })} />
        <div className="flex items-center gap-2">
          <span aria-hidden>x</span>
          <Select
            label="x axis"
            value={x}
            onChange={(next) => set({ x: next === "step" ? undefined : next })}
            options={[
              { value: "step", label: "step" },
              { value: "time", label: "time" },
              ...(all.includes("tokens") ? [{ value: "tokens" as const, label: "tokens" }] : []),
            ]}
          />
        </div>
        <Toggle label="Logarithmic" checked={log} onChange={(on) => set({ log: on || undefined })} />
        <Toggle label="In one chart" checked={together} onChange={(on) => set({ together: on || undefined })} />
        {isZoomed ? (
          <Button onClick={() => set({ from: undefined, to: undefined })}>
            <RotateCcw aria-hidden />
            Steps {from ?? 0} to {to ?? "the end"}: show all
          </Button>
        ) : (
          <span className="self-center text-muted max-md:hidden">Drag over a chart to zoom in.</span>
        )}
      </div>
      <div className={together ? "" : "grid gap-4 lg:grid-cols-2 2xl:grid-cols-3"}>
        {groups.map((group) => {
          const shown = lines.filter(({ series }) => group.includes(series.key));
          const title = group.join(", ");
          return shown.length > 0 ? (
            <MetricChart
              key={title}
              title={title}
              name={title}
              lines={shown}
              view={view}
              onSteps={zoom}
              height={together ? CHART_PX * 1.6 : CHART_PX}
              fullData={fullData(group)}
            />
          ) : (
            <Skeleton key={title} className="h-[340px]" />
          );
        })}
      </div>
    </div>
  );
}

/** A run brings its first metrics with it; where there are more they are asked for. */
function useNames({ id, series }: Run): { all: readonly string[]; total: number } {
  const own = series.map(({ key }) => key);
  const { data } = useQuery({ ...queries.metricNames([id]), enabled: series.length >= SERIES_OF_RUN });
  return data ? { all: data.names.map(({ key }) => key), total: data.total } : { all: own, total: own.length };
}

/** What the process used is drawn when it is asked for. */
function firstKeys({ series: all }: Run): string[] {
  const own = all.filter(({ key }) => !key.startsWith("system/"));
  const series = own.length > 0 ? own : all;
  const many = series.filter(({ count }) => count > 1);
  const candidates = (many.length > 0 ? many : series).map(({ key }) => key);
  return lossesFirst(candidates).slice(0, SHOWN_AT_FIRST);
}

function linesOf(series: readonly Series[], run: Run, x: MetricView["x"]): MetricLine[] {
  const known = {
    startedAt: run.startedAt,
    tokens: series.find(({ key }) => key === "tokens"),
  };
  return series.map((one) => ({ name: one.key, series: one, x: placesOn(x, one, known) }));
}

function Smoothing({ value, onChange }: { value: number; onChange: (value: number) => void }) {
  const id = useId();
  return (
    <div className="flex h-9 items-center gap-2">
      <label htmlFor={id}>Smoothing</label>
      <input
        id={id}
        type="range"
        min={0}
        max={0.99}
        step={0.01}
        value={value}
        onChange={(event) => onChange(Number(event.target.value))}
        className="w-28 accent-accent"
      />
      <output htmlFor={id} className="w-9 tabular-nums">
        {value.toFixed(2)}
      </output>
    </div>
  );
}

function Toggle({ label, checked, onChange }: { label: string; checked: boolean; onChange: (on: boolean) => void }) {
  const id = useId();
  return (
    <span className="inline-flex h-9 items-center gap-2">
      <Checkbox id={id} checked={checked} onChange={onChange} />
      <label htmlFor={id}>{label}</label>
    </span>
  );
}

import { useQueries, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { GitCompareArrows } from "lucide-react";
import { useCallback, useId, useMemo } from "react";
import { queries } from "../../api/queries.ts";
import type { CompareSearch } from "../../app/search.ts";
import { lossesFirst } from "../../charts/losses-first.ts";
import { buttonLook } from "../../components/button.tsx";
import { Checkbox } from "../../components/checkbox.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { PageTitle } from "../../components/page-title.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { Slider } from "../../components/slider.tsx";
import { Tabs } from "../../components/tabs.tsx";
import { listOf, textOfList } from "../../text/list.ts";
import { countText } from "../../text/number.ts";
import { MetricPicker } from "../run/metric-picker.tsx";
import { AddRuns } from "./add-runs.tsx";
import { ChartsView } from "./charts-view.tsx";
import { comparedOf, figuresOf } from "./compared.ts";
import { ConfigView } from "./config-view.tsx";
import { ParallelView } from "./parallel-view.tsx";
import { SummaryView } from "./summary-view.tsx";

const MOST_RUNS = 100;
/** Metrics are looked for in so many of the runs, and so many are drawn at first. */
const LOOKED_AT = 4;
const DRAWN_FIRST = 4;

export function ComparePage() {
  const search = useSearch({ from: "/shell/compare" });
  const navigate = useNavigate({ from: "/compare" });
  const onSearch = useCallback(
    (changes: Partial<CompareSearch>) =>
      void navigate({ search: (before) => ({ ...before, ...changes }), resetScroll: false, replace: true }),
    [navigate],
  );
  const ids = useMemo(() => listOf(search.runs).slice(0, MOST_RUNS), [search.runs]);
  const onRuns = (next: readonly string[]): void => onSearch({ runs: textOfList(next) });
  return (
    <>
      <PageTitle
        title={ids.length > 0 ? `Compare ${countText(ids.length, "run")}` : "Compare"}
        actions={<AddRuns chosen={ids} onChosen={onRuns} most={MOST_RUNS} />}
      />
      {ids.length === 0 ? (
        <EmptyState
          icon={GitCompareArrows}
          title="Which runs?"
          action={
            <Link to="/runs" className={buttonLook("primary")}>
              To the runs
            </Link>
          }
        >
          Choose up to {MOST_RUNS} on the page of runs and press Compare there, or add some here.
        </EmptyState>
      ) : (
        <Comparison ids={ids} search={search} onSearch={onSearch} onRuns={onRuns} />
      )}
    </>
  );
}

interface ComparisonProps {
  ids: readonly string[];
  search: CompareSearch;
  onSearch: (changes: Partial<CompareSearch>) => void;
  onRuns: (ids: readonly string[]) => void;
}

function Comparison({ ids, search, onSearch, onRuns }: ComparisonProps) {
  const { data: runs } = useQuery(queries.comparedRuns(ids));
  const compared = useMemo(() => comparedOf(runs ?? []), [runs]);
  const { all, keys } = useKeys(ids, search.keys);
  const { view = "charts", stat = "last" } = search;
  const summaries = useQueries({
    queries: keys.map((key) => ({
      ...queries.metricKeys(ids, key),
      enabled: view === "summary" || view === "parallel",
    })),
    combine: (results) => results.flatMap(({ data }) => data?.series ?? []),
  });
  const figures = useMemo(() => figuresOf(keys, stat, summaries), [keys, stat, summaries]);
  const hidden = useMemo(() => new Set(listOf(search.hide)), [search.hide]);
  if (!runs) return <Skeleton className="h-96" />;
  const { smooth = 0, log = false } = search;
  const chosenKeys = <MetricPicker all={all} chosen={keys} onChosen={(next) => onSearch({ keys: next.join(",") })} />;
  return (
    <Tabs
      label="Comparison"
      value={view}
      onChange={(next) => onSearch({ view: next === "charts" ? undefined : next })}
      tabs={[
        {
          name: "charts",
          label: "Charts",
          content: () => (
            <div className="flex flex-col gap-4">
              <div className="flex flex-wrap items-center gap-x-5 gap-y-2">
                {chosenKeys}
                <div className="flex min-w-72 items-center gap-3">
                  <span className="text-muted">Smoothing</span>
                  <Slider
                    label="Smoothing"
                    value={smooth}
                    max={0.99}
                    onChange={(next) => onSearch({ smooth: next === 0 ? undefined : next })}
                  />
                  <span className="w-9 tabular-nums">{smooth.toFixed(2)}</span>
                </div>
                <LogChoice isLog={log} onLog={(next) => onSearch({ log: next || undefined })} />
              </div>
              <ChartsView
                compared={compared}
                keys={keys}
                search={search}
                hidden={hidden}
                onHidden={(next) => onSearch({ hide: textOfList(next) })}
                onRemove={(id) => onRuns(ids.filter((one) => one !== id))}
              />
            </div>
          ),
        },
        {
          name: "config",
          label: "Config",
          content: () => (
            <ConfigView
              compared={compared}
              baseline={search.baseline}
              onBaseline={(baseline) => onSearch({ baseline })}
            />
          ),
        },
        {
          name: "summary",
          label: "Summary",
          content: () => (
            <div className="flex flex-col items-start gap-3 *:max-w-full *:min-w-0 [&>:last-child]:w-full">
              {chosenKeys}
              <SummaryView compared={compared} figures={figures} search={search} onSearch={onSearch} />
            </div>
          ),
        },
        {
          name: "parallel",
          label: "Parallel coordinates",
          content: () => (
            <div className="flex flex-col items-start gap-3 [&>:last-child]:w-full">
              {chosenKeys}
              <ParallelView compared={compared} figures={figures} />
            </div>
          ),
        },
      ]}
    />
  );
}

function LogChoice({ isLog, onLog }: { isLog: boolean; onLog: (isLog: boolean) => void }) {
  const id = useId();
  return (
    <span className="inline-flex items-center gap-2">
      <Checkbox id={id} checked={isLog} onChange={onLog} />
      <label htmlFor={id}>Logarithmic</label>
    </span>
  );
}

/** Metrics of the first runs; those that the URL names, else the first few. */
function useKeys(ids: readonly string[], named: string | undefined): { all: string[]; keys: string[] } {
  const { data } = useQuery(queries.metricKeys(ids.slice(0, LOOKED_AT)));
  return useMemo(() => {
    const series = data?.series ?? [];
    // a history first, then what was recorded once
    const keysOf = (some: typeof series): string[] => lossesFirst(some.map(({ key }) => key));
    const all = [...new Set([...keysOf(series.filter(({ count }) => count > 1)), ...keysOf(series)])];
    return { all, keys: named === undefined ? all.slice(0, DRAWN_FIRST) : listOf(named) };
  }, [data, named]);
}

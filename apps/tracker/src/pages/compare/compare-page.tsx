import { useQuery } from "@tanstack/react-query";
import { LIMITS } from "@uniarm/core/schema";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { GitCompareArrows } from "lucide-react";
import { useCallback, useMemo } from "react";
import { usePins } from "../../api/pins.ts";
import { queries } from "../../api/queries.ts";
import { useKeepList, useUrlList, type UrlList } from "../../api/url-list.ts";
import { useProject } from "../../app/project.ts";
import type { CompareSearch } from "../../app/search.ts";
import { lossesFirst } from "../../charts/losses-first.ts";
import { buttonLook } from "../../components/button.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { PageTitle } from "../../components/page-title.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { Tabs } from "../../components/tabs.tsx";
import { countText } from "../../text/number.ts";
import { drawnOf, MetricPicker } from "../run/metric-picker.tsx";
import { AddRuns } from "./add-runs.tsx";
import { ChartsView } from "./charts-view.tsx";
import { comparedOf, figuresOf } from "./compared.ts";
import { ConfigView } from "./config-view.tsx";
import { ImportanceView } from "./importance-view.tsx";
import { ParallelView } from "./parallel-view.tsx";
import { SummaryView } from "./summary-view.tsx";

const DRAWN_FIRST = 4;

export function ComparePage() {
  const search = useSearch({ from: "/shell/compare" });
  const navigate = useNavigate({ from: "/compare" });
  const onSearch = useCallback(
    (changes: Partial<CompareSearch>) =>
      void navigate({ search: (before) => ({ ...before, ...changes }), resetScroll: false, replace: true }),
    [navigate],
  );
  const { items, isPending } = useUrlList({ text: search.runs, id: search.runsIn });
  const chosen = useMemo(() => items ?? [], [items]);
  const ids = useMemo(() => chosen.slice(0, LIMITS.compared), [chosen]);
  const keep = useKeepList();
  const onRuns = (next: readonly string[]): void => {
    const { text, id } = keep(next);
    onSearch({ runs: text === "" ? undefined : text, runsIn: id });
  };
  return (
    <>
      <PageTitle
        title={ids.length > 0 ? `Compare ${countText(ids.length, "run")}` : "Compare"}
        actions={<AddRuns chosen={chosen} onChosen={onRuns} most={LIMITS.compared} />}
      >
        {chosen.length > ids.length && (
          <p role="status" className="mt-1 text-warn">
            {ids.length} of {chosen.length} chosen runs are compared: the others come in when some of these are removed.
          </p>
        )}
      </PageTitle>
      {search.runsIn !== undefined && isPending ? (
        <Skeleton className="h-96" />
      ) : ids.length === 0 ? (
        <EmptyState
          icon={GitCompareArrows}
          title="Which runs?"
          action={
            <Link to="/runs" className={buttonLook("primary")}>
              To the runs
            </Link>
          }
        >
          Choose up to {LIMITS.compared} on the page of runs and press Compare there, or add some here.
        </EmptyState>
      ) : (
        <Comparison
          ids={ids}
          search={search}
          onSearch={onSearch}
          onRemove={(id) => onRuns(chosen.filter((one) => one !== id))}
        />
      )}
    </>
  );
}

interface ComparisonProps {
  ids: readonly string[];
  search: CompareSearch;
  onSearch: (changes: Partial<CompareSearch>) => void;
  onRemove: (id: string) => void;
}

function Comparison({ ids, search, onSearch, onRemove }: ComparisonProps) {
  const { data: runs } = useQuery(queries.comparedRuns(ids));
  const compared = useMemo(() => comparedOf(runs ?? []), [runs]);
  const { pinned } = usePins(useProject().project);
  const { all, total, keys } = useKeys(ids, { text: search.keys, id: search.keysIn }, pinned);
  const keep = useKeepList();
  const { view = "charts", stat = "last" } = search;
  const drawn = useMemo(() => drawnOf(keys), [keys]);
  const { data: summaries } = useQuery({
    ...queries.metricSummaries(ids, drawn),
    enabled: drawn.length > 0 && (view === "summary" || view === "parallel"),
  });
  const figures = useMemo(() => figuresOf(drawn, stat, summaries ?? []), [drawn, stat, summaries]);
  const { items: hiddenIds } = useUrlList({ text: search.hide, id: search.hideIn });
  const hidden = useMemo(() => new Set(hiddenIds), [hiddenIds]);
  if (!runs) return <Skeleton className="h-96" />;
  const onKeys = (next: readonly string[]): void => {
    const { text, id } = keep(next);
    onSearch({ keys: text, keysIn: id });
  };
  const chosenKeys = <MetricPicker all={all} total={total} chosen={keys} onChosen={onKeys} />;
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
            <ChartsView
              compared={compared}
              all={all}
              total={total}
              keys={keys}
              onKeys={onKeys}
              search={search}
              onSearch={onSearch}
              hidden={hidden}
              onHidden={(next) => {
                const { text, id } = keep(next);
                onSearch({ hide: text === "" ? undefined : text, hideIn: id });
              }}
              onRemove={onRemove}
            />
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
        {
          name: "importance",
          label: "Importance",
          content: () => (
            <ImportanceView
              compared={compared}
              keys={all}
              stat={stat}
              onStat={(next) => onSearch({ stat: next === "last" ? undefined : next })}
            />
          ),
        },
      ]}
    />
  );
}

/** Metrics of all the runs; those that the URL names, else the pinned and the first few. */
function useKeys(
  ids: readonly string[],
  inUrl: UrlList,
  pinned: readonly string[],
): { all: readonly string[]; total: number; keys: readonly string[] } {
  const { data } = useQuery(queries.metricNames(ids));
  const { items: named } = useUrlList(inUrl);
  return useMemo(() => {
    const names = data?.names ?? [];
    // a history first, then what was recorded once
    const keysOf = (some: typeof names): string[] => lossesFirst(some.map(({ key }) => key));
    const all = [
      ...keysOf(names.filter(({ points }) => points > 1)),
      ...keysOf(names.filter(({ points }) => points <= 1)),
    ];
    const first = [...new Set([...pinned.filter((key) => all.includes(key)), ...all.slice(0, DRAWN_FIRST)])];
    return { all, total: data?.total ?? 0, keys: named ?? (inUrl.id === undefined ? first : []) };
  }, [data, named, inUrl.id, pinned]);
}

import { useQuery } from "@tanstack/react-query";
import { ChartLine, X } from "lucide-react";
import { useMemo } from "react";
import { queries } from "../../api/queries.ts";
import { useKeepList, useUrlList, type UrlList } from "../../api/url-list.ts";
import type { Outputs } from "../../api/types.ts";
import { lossesFirst } from "../../charts/losses-first.ts";
import { MetricChart } from "../../charts/metric-chart.tsx";
import type { MetricView } from "../../charts/metric-lines.ts";
import { pointsFor, runLines, type DrawnRun } from "../../charts/run-lines.ts";
import { Button } from "../../components/button.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { countText } from "../../text/number.ts";
import { drawnOf, MetricPicker } from "../run/metric-picker.tsx";

const SHOWN_AT_FIRST = 3;
const CHART_PX = 200;
/** How often curves of runs that go on are read again. */
const LIVE_MS = 5000;

export interface RunChartsProps {
  runs: readonly DrawnRun[];
  /** so many more would be drawn, were there room */
  left: number;
  /** they are the reader's choice, not the rows in sight */
  areChosen: boolean;
  isLive: boolean;
  /** mark of the run that is pointed at in the table */
  lit: number | null;
  keys: UrlList;
  onKeys: (keys: UrlList) => void;
  onClose: () => void;
}

/** Metrics of runs of the list as curves, in the colours that their rows have. */
export function RunCharts({ runs, left, areChosen, isLive, lit, keys: inUrl, onKeys, onClose }: RunChartsProps) {
  const ids = runs.map(({ id }) => id);
  const keep = useKeepList();
  const { data: names } = useQuery({ ...queries.metricNames(ids), enabled: ids.length > 0 });
  const { items: named } = useUrlList(inUrl);
  const all = useMemo(() => names?.names.map(({ key }) => key) ?? [], [names]);
  const chosen = named ?? (inUrl.id === undefined ? firstKeys(names?.names ?? []) : []);
  const keys = drawnOf(chosen);
  const { data } = useQuery({
    ...queries.history({ runs: ids, keys, points: pointsFor(ids.length) }),
    enabled: ids.length > 0 && keys.length > 0,
    ...(isLive ? { refetchInterval: LIVE_MS } : {}),
  });
  const view = useMemo((): MetricView => ({ smoothing: 0, isLog: false, x: "step", hasLegend: false, lit }), [lit]);
  return (
    <section
      aria-label="Charts of the runs"
      tabIndex={0}
      className="flex shrink-0 flex-col gap-3 lg:w-[24rem] lg:overflow-y-auto xl:w-[32rem]"
    >
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <MetricPicker all={all} total={names?.total} chosen={chosen} onChosen={(next) => onKeys(keep(next))} />
        <span role="status" className="text-muted">
          {areChosen ? `${countText(runs.length, "chosen run")}` : `${countText(runs.length, "run")} in sight`}
          {left > 0 && `; ${left} more are left out: Compare takes them`}
        </span>
        <Button look="ghost" size="icon" aria-label="Close the charts" className="ml-auto" onClick={onClose}>
          <X aria-hidden />
        </Button>
      </div>
      {ids.length > 0 && names !== undefined && all.length === 0 ? (
        <EmptyState icon={ChartLine} title="No metrics.">
          {areChosen ? "The chosen runs" : "The runs in sight"} have none. Those of a study are in its runs: open it
          with the arrow before its name.
        </EmptyState>
      ) : (
        keys.map((key) =>
          data === undefined ? (
            <Skeleton key={key} className="h-64 shrink-0" />
          ) : (
            <KeyChart key={key} name={key} runs={runs} series={data.series} view={view} />
          ),
        )
      )}
    </section>
  );
}

interface KeyChartProps {
  name: string;
  runs: readonly DrawnRun[];
  series: Outputs["metrics"]["history"]["series"];
  view: MetricView;
}

function KeyChart({ name, runs, series, view }: KeyChartProps) {
  const lines = useMemo(() => runLines(runs, series, name), [runs, series, name]);
  return <MetricChart title={name} name={name} lines={lines} view={view} height={CHART_PX} />;
}

/** Histories before what was recorded once, losses first; what the processes used is drawn when it is asked for. */
function firstKeys(names: Outputs["metrics"]["names"]["names"]): string[] {
  const own = names.filter(({ key }) => !key.startsWith("system/"));
  const some = own.length > 0 ? own : names;
  const many = some.filter(({ points }) => points > 1);
  return lossesFirst((many.length > 0 ? many : some).map(({ key }) => key)).slice(0, SHOWN_AT_FIRST);
}

import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { queries } from "../../api/queries.ts";
import type { Series } from "../../api/types.ts";
import type { CompareSearch } from "../../app/search.ts";
import { MetricChart } from "../../charts/metric-chart.tsx";
import type { MetricLine } from "../../charts/metric-lines.ts";
import { EmptyState } from "../../components/empty-state.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { ChartLine } from "lucide-react";
import type { Compared } from "./compared.ts";
import { drawnOf } from "../run/metric-picker.tsx";
import { RunLegend } from "./run-legend.tsx";

/** Fewer points each where there are many lines: they share the same pixels. */
const pointsFor = (runs: number): number => (runs > 50 ? 100 : runs > 20 ? 200 : runs > 5 ? 500 : 1000);
/** Above so many lines, bands of smallest and largest would hide them. */
const MOST_BANDS = 6;

export interface ChartsViewProps {
  compared: readonly Compared[];
  keys: readonly string[];
  search: CompareSearch;
  hidden: ReadonlySet<string>;
  onHidden: (hidden: string[]) => void;
  onRemove: (id: string) => void;
}

export function ChartsView({ compared, keys, search, ...legend }: ChartsViewProps) {
  const ids = compared.map(({ run }) => run.id);
  const asked = drawnOf(keys);
  const { data } = useQuery({
    ...queries.history({ runs: ids, keys: asked, points: pointsFor(ids.length) }),
    enabled: asked.length > 0,
  });
  const view = useMemo(
    () => ({ smoothing: search.smooth ?? 0, isLog: search.log === true, x: "step" as const, hasLegend: false }),
    [search.smooth, search.log],
  );
  const byKey = useMemo(() => Map.groupBy(data?.series ?? [], ({ key }) => key), [data]);
  return (
    <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_18rem]">
      <div className="grid min-w-0 gap-4 lg:grid-cols-2">
        {asked.length === 0 ? (
          <EmptyState icon={ChartLine} title="No metric is chosen.">
            Choose some above; runs that record none have no charts.
          </EmptyState>
        ) : !data ? (
          asked.map((key) => <Skeleton key={key} className="h-80" />)
        ) : (
          asked.map((key) => (
            <KeyChart
              key={key}
              name={key}
              series={byKey.get(key) ?? []}
              compared={compared}
              view={view}
              hidden={legend.hidden}
            />
          ))
        )}
      </div>
      <RunLegend compared={compared} {...legend} />
    </div>
  );
}

interface KeyChartProps {
  name: string;
  series: readonly Series[];
  compared: readonly Compared[];
  hidden: ReadonlySet<string>;
  view: React.ComponentProps<typeof MetricChart>["view"];
}

/** One metric of all runs. A run that is left out keeps its place, so that the others keep their colours. */
function KeyChart({ name, series, compared, hidden, view }: KeyChartProps) {
  const lines = useMemo(() => {
    const drawn = compared.length - hidden.size;
    return compared.map(({ run, label }): MetricLine => {
      const found = series.find(({ runId }) => runId === run.id);
      const shown = found && !hidden.has(run.id) ? found : nothing(run.id, name);
      return { name: label, series: drawn > MOST_BANDS ? { ...shown, exact: true } : shown };
    });
  }, [series, compared, hidden, name]);
  return <MetricChart title={name} name={name} lines={lines} view={view} height={300} />;
}

const nothing = (runId: string, key: string): Series => ({
  runId,
  key,
  exact: true,
  total: 0,
  step: [],
  value: [],
  min: [],
  max: [],
  count: [],
  nonFinite: [],
});

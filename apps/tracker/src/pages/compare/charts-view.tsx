import { ChartLine, RotateCcw } from "lucide-react";
import { useMemo } from "react";
import { usePins } from "../../api/pins.ts";
import { useProject } from "../../app/project.ts";
import type { CompareSearch } from "../../app/search.ts";
import { KEY_HINT } from "../../charts/key-zoom.ts";
import { MetricChart } from "../../charts/metric-chart.tsx";
import { stretchText, type MetricView } from "../../charts/metric-lines.ts";
import { MetricSections } from "../../charts/metric-sections.tsx";
import { PinButton } from "../../charts/pin-button.tsx";
import { sectionsOf, unfolded } from "../../charts/sections.ts";
import { X_AXES } from "../../charts/x-axis.ts";
import { YLimitsButton } from "../../charts/y-limits-button.tsx";
import { limitsOf, withLimits } from "../../charts/y-limits.ts";
import { Button } from "../../components/button.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { Smoothing } from "../../components/smoothing.tsx";
import { Toggle } from "../../components/toggle.tsx";
import { XAxisChoice } from "../../components/x-axis-choice.tsx";
import { listOf, textOfList } from "../../text/list.ts";
import { drawnOf, MetricPicker } from "../run/metric-picker.tsx";
import type { Compared } from "./compared.ts";
import { linesToDraw, useHistories, wholePlaces, type Range } from "./histories.ts";
import { RunLegend } from "./run-legend.tsx";

export interface ChartsViewProps {
  compared: readonly Compared[];
  /** metrics of the runs, and how many there are where these are only the first */
  all: readonly string[];
  total: number;
  /** of these, the chosen ones */
  keys: readonly string[];
  onKeys: (keys: readonly string[]) => void;
  search: CompareSearch;
  onSearch: (changes: Partial<CompareSearch>) => void;
  hidden: ReadonlySet<string>;
  onHidden: (hidden: string[]) => void;
  onRemove: (id: string) => void;
}

const CHART_PX = 300;

/** Histories of the runs, a chart a metric: over steps, time or tokens, zoomed together, of runs or of means over seeds. */
export function ChartsView({ compared, all, total, keys, onKeys, search, onSearch, ...legend }: ChartsViewProps) {
  const { hidden } = legend;
  const { x = "step", smooth = 0, log = false, seeds = false } = search;
  const pins = usePins(useProject().project);
  const sections = sectionsOf(all, drawnOf(keys), pins.pinned);
  const folded = new Set(listOf(search.folded));
  const asked = unfolded(sections, folded);
  const drawn = useMemo(
    () =>
      linesToDraw(
        compared.filter(({ run }) => !hidden.has(run.id)),
        seeds,
      ),
    [compared, hidden, seeds],
  );
  const { lines, range, zoom } = useHistories(drawn, asked, all, search);
  const view = useMemo(
    (): MetricView => ({ smoothing: smooth, isLog: log, x, range: range ?? undefined, hasLegend: false }),
    [smooth, log, x, range],
  );
  const limits = useMemo(() => limitsOf(search.y), [search.y]);
  const marks = useMemo(
    () => new Map(drawn.flatMap(({ mark, members }) => members.map(({ run }) => [run.id, mark]))),
    [drawn],
  );
  const show = (next: Range | null): void => onSearch({ from: next?.from, to: next?.to });
  const shown = range && stretchText(x, range.from, range.to);
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-end gap-x-4 gap-y-3">
        <MetricPicker all={all} total={total} chosen={keys} onChosen={onKeys} />
        <Smoothing value={smooth} onChange={(next) => onSearch({ smooth: next === 0 ? undefined : next })} />
        <XAxisChoice
          value={x}
          axes={X_AXES.filter((axis) => axis !== "tokens" || all.includes("tokens"))}
          onChange={(next) => onSearch({ x: next === "step" ? undefined : next, from: undefined, to: undefined })}
        />
        <Toggle label="Logarithmic" checked={log} onChange={(on) => onSearch({ log: on || undefined })} />
        <Toggle label="Mean over seeds" checked={seeds} onChange={(on) => onSearch({ seeds: on || undefined })} />
        {shown && (
          <Button onClick={() => show(null)}>
            <RotateCcw aria-hidden />
            {shown}: show all
          </Button>
        )}
        <span role="status" className="sr-only">
          {shown}
        </span>
        <p className="basis-full text-xs text-muted max-md:hidden">
          {seeds &&
            "Of runs that differ only in their seeds, the mean at each step that all of them have, and the smallest and largest around it. "}
          Drag over a chart to zoom in to all. {KEY_HINT}
        </p>
      </div>
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_18rem]">
        {keys.length === 0 && all.length === 0 ? (
          <EmptyState icon={ChartLine} title="No metric is chosen.">
            Choose some above; runs that record none have no charts.
          </EmptyState>
        ) : (
          <MetricSections
            sections={sections}
            folded={folded}
            onFolded={(next) => onSearch({ folded: textOfList(next) })}
            onMore={(more) => onKeys([...new Set([...keys, ...more])])}
            className="grid min-w-0 gap-4 lg:grid-cols-2"
            chart={(key) =>
              lines ? (
                <MetricChart
                  key={key}
                  title={key}
                  name={key}
                  lines={lines.get(key) ?? []}
                  view={view}
                  limits={limits.get(key)}
                  height={CHART_PX}
                  onPlaces={(from, to) => show(wholePlaces(x, { from, to }))}
                  onZoom={(asked) => show(zoom(asked))}
                  actions={
                    <>
                      <YLimitsButton
                        name={key}
                        limits={limits.get(key)}
                        onLimits={(next) => onSearch({ y: withLimits(search.y, key, next) })}
                      />
                      <PinButton name={key} pins={pins} />
                    </>
                  }
                />
              ) : (
                <Skeleton key={key} className="h-80" />
              )
            }
          />
        )}
        <RunLegend compared={compared} marks={marks} {...legend} />
      </div>
    </div>
  );
}

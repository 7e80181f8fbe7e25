import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { queries } from "../../api/queries.ts";
import type { Front } from "../../api/types.ts";
import type { FrontSearch } from "../../app/search.ts";
import { SeriesMark } from "../../charts/series-mark.tsx";
import { classes } from "../../components/classes.ts";
import { Select } from "../../components/select.tsx";
import { listOf } from "../../text/list.ts";
import { AnswersPanel } from "./answers-panel.tsx";
import { PairChart, ParallelChart, TernaryChart, type ChosenPoint } from "./charts.tsx";
import { exploredOf, protocolOf } from "./explored.ts";
import { defaultView, ExplorerBar } from "./explorer-bar.tsx";
import { pairsOf } from "./geometry.ts";
import { DominanceMarks } from "./marks.tsx";
import { MetricsTable } from "./metrics-table.tsx";
import { OverSteps } from "./over-steps.tsx";
import { PointsPanel } from "./points-panel.tsx";
import { ProtocolPanel } from "./protocol-panel.tsx";

export interface ExplorerProps {
  /** all of one protocol */
  fronts: readonly Front[];
  search: FrontSearch;
  onSearch: (changes: Partial<FrontSearch>) => void;
}

/** Overlaid fronts: charts, figures, points, and the answers behind a point. */
export function Explorer({ fronts, search, onSearch }: ExplorerProps) {
  const explored = useMemo(() => exploredOf(fronts), [fronts]);
  const [first] = explored;
  const protocol = useMemo(() => protocolOf(fronts[0]!), [fronts]);
  const { data: optimum = null } = useQuery(queries.optimum(fronts[0]!.id));
  const hidden = useMemo(() => new Set(listOf(search.hide)), [search.hide]);
  const current = explored.find(({ front }) => front.id === search.front) ?? first!;
  const position = search.point;
  const frontId = current.front.id;
  const chosen = useMemo(() => (position === undefined ? null : { front: frontId, position }), [frontId, position]);
  const objectives = protocol.objectives.length;
  const onPoint = ({ front, position: point }: ChosenPoint): void =>
    onSearch({ front: fronts.length > 1 ? front : undefined, point });
  const common = { fronts: explored, protocol, optimum, chosen, hidden, onPoint };
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <ul className="flex min-w-0 flex-wrap gap-x-4 gap-y-1" aria-label="Fronts">
          {explored.map(({ front, index, label }) => (
            <li key={front.id} className="flex min-w-0 items-center gap-1.5">
              <SeriesMark index={index} />
              <span className="truncate">{label}</span>
            </li>
          ))}
          {optimum && !hidden.has("optimum") && (
            <li className="flex items-center gap-1.5">
              <svg viewBox="0 0 24 12" className="h-3 w-6" aria-hidden>
                <path d="M0 6h24" stroke="var(--ink)" strokeWidth={1.5} strokeDasharray="6 3" />
              </svg>
              exact optimum
            </li>
          )}
        </ul>
        <ExplorerBar search={search} onSearch={onSearch} objectives={objectives} hasOptimum={optimum !== null} />
      </div>
      <div className={classes("grid items-start gap-4", chosen && "xl:grid-cols-[minmax(0,1fr)_26rem]")}>
        <div className="flex min-w-0 flex-col gap-4">
          <Charts {...common} search={search} onSearch={onSearch} current={current} />
          <DominanceMarks objectives={objectives} />
        </div>
        {chosen && (
          <div className="min-w-0 xl:row-span-2 xl:h-full">
            <AnswersPanel
              key={`${chosen.front} ${chosen.position}`}
              explored={current}
              position={chosen.position}
              onClose={() => onSearch({ point: undefined })}
            />
          </div>
        )}
        <div className="flex min-w-0 flex-col gap-4">
          <MetricsTable
            fronts={explored}
            protocol={protocol}
            optimum={optimum}
            current={frontId}
            onCurrent={(id) => onSearch({ front: id, point: undefined })}
          />
          <OverSteps front={current.front} />
          <PointsPanel
            explored={current}
            chosen={chosen?.position ?? null}
            onPoint={(point) => onPoint({ front: frontId, position: point })}
          />
          <ProtocolPanel front={current.front} protocol={protocol} />
        </div>
      </div>
    </div>
  );
}

type ChartsProps = Omit<React.ComponentProps<typeof PairChart>, "axes" | "height"> &
  Pick<ExplorerProps, "search" | "onSearch"> & { current: React.ComponentProps<typeof TernaryChart>["explored"] };

/** Two objectives: one large chart. Three: three pairs and the triangle. More: parallel coordinates and a pair of choice. */
function Charts({ search, onSearch, current, ...common }: ChartsProps) {
  const { protocol, fronts, chosen, onPoint } = common;
  const count = protocol.objectives.length;
  const pairs = pairsOf(count);
  if (count === 1) return <p className="text-muted">One objective has no trade-off: see the points below.</p>;
  if (count === 2) return <PairChart {...common} axes={[0, 1]} height={440} />;
  const view = search.view ?? defaultView(count);
  if (view === "pairs" && count === 3)
    return (
      <div className="grid gap-4 lg:grid-cols-2">
        {pairs.map((axes) => (
          <PairChart key={axes.join()} {...common} axes={axes} height={330} />
        ))}
        <TernaryChart
          explored={current}
          chosen={chosen}
          onPoint={onPoint}
          height={330}
          by={search.by !== undefined && search.by < count ? search.by : null}
          onBy={(by) => onSearch({ by: by ?? undefined })}
        />
      </div>
    );
  const chosenPair = pairs.find((axes) => axes.join() === search.axes) ?? pairs[0]!;
  return (
    <>
      <ParallelChart fronts={fronts} protocol={protocol} onPoint={onPoint} height={360} />
      <div className="flex flex-col gap-2">
        <Select
          label="Pair of objectives"
          value={chosenPair.join()}
          onChange={(axes) => onSearch({ axes: axes === pairs[0]!.join() ? undefined : axes })}
          options={pairs.map((axes) => ({
            value: axes.join(),
            label: axes.map((axis) => protocol.objectives[axis]!).join(" and "),
          }))}
          className="self-start"
        />
        <PairChart {...common} axes={chosenPair} height={400} />
      </div>
    </>
  );
}

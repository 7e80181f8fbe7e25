import { useMemo } from "react";
import { ChartFrame } from "../../charts/chart-frame.tsx";
import { useChartColours } from "../../charts/colours.ts";
import { Select } from "../../components/select.tsx";
import type { Explored, Optimum, Protocol } from "./explored.ts";
import { pairOption } from "./pair-option.ts";
import { parallelOption } from "./parallel-option.ts";
import { pointsData } from "./points-data.ts";
import { ternaryOption, valueBy } from "./ternary-option.ts";

export interface ChosenPoint {
  front: string;
  position: number;
}

export interface PairChartProps {
  fronts: readonly Explored[];
  protocol: Protocol;
  axes: readonly [number, number];
  optimum: Optimum | null;
  chosen: ChosenPoint | null;
  hidden: ReadonlySet<string>;
  height: number;
  onPoint: (point: ChosenPoint) => void;
}

export function PairChart({ height, onPoint, ...input }: PairChartProps) {
  const { fronts, protocol, axes, optimum, chosen, hidden } = input;
  const colours = useChartColours();
  const option = useMemo(
    () => pairOption({ fronts, protocol, axes, optimum, chosen, hidden, colours }),
    [fronts, protocol, axes, optimum, chosen, hidden, colours],
  );
  const names = axes.map((axis) => protocol.objectives[axis]!);
  return (
    <ChartFrame
      title={`${names[1]!} against ${names[0]!}`}
      name={`front ${names.join(" ")}`}
      option={option}
      height={height}
      data={() => pointsData(fronts, protocol.objectives, axes)}
      onPoint={(series, position) => {
        const front = fronts[series]?.front;
        if (front) onPoint({ front: front.id, position });
      }}
    />
  );
}

export interface TernaryChartProps {
  explored: Explored;
  by: number | null;
  onBy: (by: number | null) => void;
  chosen: ChosenPoint | null;
  height: number;
  onPoint: (point: ChosenPoint) => void;
}

const UTILITY = "utility";

/** The grid of preferences of three objectives. */
export function TernaryChart({ explored, by, onBy, chosen, height, onPoint }: TernaryChartProps) {
  const { front, label } = explored;
  const colours = useChartColours();
  const at = chosen?.front === front.id ? chosen.position : null;
  const option = useMemo(() => ternaryOption({ explored, by, chosen: at, colours }), [explored, by, at, colours]);
  const measure = by === null ? "preference times reward" : front.objectives[by]!;
  return (
    <ChartFrame
      title={`Preferences, ${label}`}
      name={`preferences of ${label} by ${measure}`}
      option={option}
      height={height}
      aside={
        <Select
          label="Colour by"
          value={by === null ? UTILITY : String(by)}
          onChange={(next) => onBy(next === UTILITY ? null : Number(next))}
          options={[
            { value: UTILITY, label: "preference × reward" },
            ...front.objectives.map((name, axis) => ({ value: String(axis), label: name })),
          ]}
          className="h-7 text-xs"
        />
      }
      data={() => ({
        columns: [...front.objectives.map((name) => `preference ${name}`), measure],
        rows: front.points.map((point) => [...point.preference, valueBy(point, by)]),
      })}
      onPoint={(series, position) => {
        if (series === 0) onPoint({ front: front.id, position });
      }}
    />
  );
}

export function ParallelChart({
  fronts,
  protocol,
  height,
  onPoint,
}: Pick<PairChartProps, "fronts" | "protocol" | "height" | "onPoint">) {
  const colours = useChartColours();
  const option = useMemo(() => parallelOption(fronts, protocol, colours), [fronts, protocol, colours]);
  return (
    <ChartFrame
      title={
        <>
          All objectives <span className="font-normal text-muted">drag along an axis to keep what passes there</span>
        </>
      }
      name="front in parallel coordinates"
      option={option}
      height={height}
      data={() => pointsData(fronts, protocol.objectives)}
      onPoint={(series, position) => {
        const front = fronts[series]?.front;
        if (front) onPoint({ front: front.id, position });
      }}
    />
  );
}

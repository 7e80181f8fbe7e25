import { useQuery } from "@tanstack/react-query";
import { LIMITS } from "@uniarm/core/schema";
import { useMemo } from "react";
import { queries } from "../../api/queries.ts";
import type { Series } from "../../api/types.ts";
import { zoomed, type Zoom } from "../../charts/key-zoom.ts";
import { meanLine } from "../../charts/mean-line.ts";
import { MOST_BANDS, pointsFor } from "../../charts/run-lines.ts";
import type { MetricLine } from "../../charts/metric-lines.ts";
import { isTimed, placesOn, type XAxis } from "../../charts/x-axis.ts";
import type { CompareSearch } from "../../app/search.ts";
import type { Compared } from "./compared.ts";
import { seedGroups } from "./seed-groups.ts";

/** A line of a comparison: a run, or runs that differ only in their seeds, of which it is the mean. */
export interface ComparedLine {
  name: string;
  /** whose colour and dashes it has */
  mark: number;
  members: readonly [Compared, ...Compared[]];
}

export function linesToDraw(compared: readonly Compared[], isMean: boolean): ComparedLine[] {
  if (!isMean) return compared.map((one) => ({ name: one.label, mark: one.index, members: [one] }));
  const byId = new Map(compared.map((one) => [one.run.id, one]));
  const groups = seedGroups(compared.map(({ run }) => run));
  const isOwn = (name: string): boolean => groups.filter((group) => group.name === name).length === 1;
  return groups.map(({ name, runs }) => {
    const members = runs.map(({ id }) => byId.get(id)!) as [Compared, ...Compared[]];
    const { label, index } = members[0];
    const alone = members.length === 1;
    return { name: alone ? label : isOwn(name) ? name : `${name}, with ${label}`, mark: index, members };
  });
}

export interface Range {
  from: number;
  to: number;
}

/** A dragged stretch in the unit in which one reads x: whole steps, tokens and milliseconds, tenths of a second. */
export function wholePlaces(x: XAxis, { from, to }: Range): Range {
  const unit = x === "time" ? 10 : 1;
  return { from: Math.floor(from * unit) / unit, to: Math.ceil(to * unit) / unit };
}

export interface Histories {
  /** null: not there yet */
  lines: ReadonlyMap<string, readonly MetricLine[]> | null;
  /** the part of x that is shown; null: all of it */
  range: Range | null;
  /** the stretch after a key was pressed; null: all of it */
  zoom: (zoom: Zoom) => Range | null;
}

/** The metrics of the lines, in more detail where steps are zoomed in to. */
export function useHistories(
  lines: readonly ComparedLine[],
  keys: readonly string[],
  all: readonly string[],
  { x = "step", from, to }: Pick<CompareSearch, "x" | "from" | "to">,
): Histories {
  const ids = lines.flatMap(({ members }) => members.map(({ run }) => run.id));
  const needsTokens = x === "tokens" && !keys.includes("tokens") && all.includes("tokens");
  const asked = {
    runs: ids,
    keys: needsTokens ? [...keys.slice(0, LIMITS.metrics - 1), "tokens"] : keys,
    points: pointsFor(ids.length),
    ...(isTimed(x) ? { times: "true" as const } : {}),
  };
  const enabled = ids.length > 0 && keys.length > 0;
  const range = useMemo(() => (from !== undefined && to !== undefined && from < to ? { from, to } : null), [from, to]);
  const isDetailed = enabled && x === "step" && range !== null;
  const { data: whole } = useQuery({ ...queries.history(asked), enabled });
  const steps = range
    ? { fromStep: Math.max(0, Math.floor(range.from)), toStep: Math.max(0, Math.ceil(range.to)) }
    : {};
  const { data: detail, isPlaceholderData } = useQuery({
    ...queries.history({ ...asked, ...steps }),
    enabled: isDetailed,
  });
  const isSharper = isDetailed && detail !== undefined && !isPlaceholderData;
  const drawn = useMemo(
    () => linesOf(lines, (isSharper ? detail : whole)?.series ?? [], x),
    [lines, isSharper, detail, whole, x],
  );
  const extent = useMemo(() => extentOf(linesOf(lines, whole?.series ?? [], x)), [lines, whole, x]);
  return {
    lines: !enabled || whole ? drawn : null,
    range,
    zoom: (zoom) => (extent ? zoomed(zoom, range ?? extent, extent) : null),
  };
}

function linesOf(lines: readonly ComparedLine[], series: readonly Series[], x: XAxis): Map<string, MetricLine[]> {
  const byRun = Map.groupBy(series, ({ runId }) => runId);
  const found = new Map<string, MetricLine[]>();
  for (const key of new Set(series.map((one) => one.key))) {
    const drawn = lines.flatMap(({ name, mark, members }): MetricLine[] => {
      const [first, ...others] = members.flatMap(({ run }): MetricLine[] => {
        const own = byRun.get(run.id) ?? [];
        const one = own.find((each) => each.key === key);
        const tokens = own.find((each) => each.key === "tokens");
        return one ? [{ name, mark, series: one, x: placesOn(x, one, { startedAt: run.startedAt, tokens }) }] : [];
      });
      return first ? [meanLine(name, mark, [first, ...others])] : [];
    });
    found.set(key, drawn.length > MOST_BANDS ? drawn.map(withoutBand) : drawn);
  }
  return found;
}

const withoutBand = ({ meanOf: _, series, ...line }: MetricLine): MetricLine => ({
  ...line,
  series: { ...series, exact: true },
});

/** Where the lines lie on x; null: nowhere. */
function extentOf(found: ReadonlyMap<string, readonly MetricLine[]>): Range | null {
  let [from, to] = [Infinity, -Infinity];
  for (const lines of found.values())
    for (const { series, x } of lines)
      for (const place of x ?? series.step)
        if (place !== null) [from, to] = [Math.min(from, place), Math.max(to, place)];
  return from < to ? { from, to } : null;
}

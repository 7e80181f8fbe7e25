import type { Series } from "../api/types.ts";
import type { MetricLine } from "./metric-lines.ts";

/** A run that charts draw: its name there, which no other has, and which colour and dashes are its own. */
export interface DrawnRun {
  id: string;
  label: string;
  mark: number;
}

/** Above so many lines, bands of smallest and largest would hide them. */
export const MOST_BANDS = 6;
const SHORT_ID = 6;

/** Fewer points each where there are many lines: they share the same pixels. */
export const pointsFor = (runs: number): number => (runs > 50 ? 100 : runs > 20 ? 200 : runs > 5 ? 500 : 1000);

/** Names by which runs are told apart: of equal ones each has some of its id. */
export function labelsOf(runs: readonly { id: string; name: string }[]): string[] {
  const byName = Map.groupBy(runs, ({ name }) => name);
  return runs.map(({ id, name }) => (byName.get(name)!.length > 1 ? `${name} (${id.slice(0, SHORT_ID)})` : name));
}

/** One metric of several runs. */
export function runLines(runs: readonly DrawnRun[], series: readonly Series[], key: string): MetricLine[] {
  const found = new Map(series.flatMap((one) => (one.key === key ? [[one.runId, one] as const] : [])));
  return runs.flatMap(({ id, label, mark }): MetricLine[] => {
    const own = found.get(id);
    if (!own) return [];
    return [{ name: label, mark, series: runs.length > MOST_BANDS ? { ...own, exact: true } : own }];
  });
}

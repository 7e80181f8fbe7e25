import { flattenConfig } from "@uniarm/pipeline/schema";
import type { MetricSummary, Outputs } from "../../api/types.ts";
import { labelsOf } from "../../charts/run-lines.ts";

export type ComparedRun = Outputs["compare"]["runs"]["runs"][number];
export type Stat = "last" | "min" | "max";

/** A run with its colour, a name that no other has, and its settings by path. */
export interface Compared {
  run: ComparedRun;
  index: number;
  label: string;
  settings: Map<string, unknown>;
}

export function comparedOf(runs: readonly ComparedRun[]): Compared[] {
  const labels = labelsOf(runs);
  return runs.map((run, index) => ({
    run,
    index,
    settings: new Map(flattenConfig(run.config).map(({ path, value }) => [path, value])),
    label: labels[index]!,
  }));
}

/** A number of a run: of a metric, or of the front that came of it. */
export interface Figure {
  key: string;
  label: string;
  of: (run: ComparedRun) => number | null;
}

export function figuresOf(keys: readonly string[], stat: Stat, summaries: readonly MetricSummary[]): Figure[] {
  const byRun = new Map(summaries.map((summary) => [`${summary.runId} ${summary.key}`, summary]));
  return [
    ...keys.map((key): Figure => ({
      key,
      label: `${key}, ${stat}`,
      of: ({ id }) => byRun.get(`${id} ${key}`)?.[stat] ?? null,
    })),
    { key: "hypervolume", label: "hypervolume", of: ({ fronts }) => fronts[0]?.hypervolume ?? null },
    { key: "meanInnerProduct", label: "mean inner product", of: ({ fronts }) => fronts[0]?.meanInnerProduct ?? null },
  ];
}

/** Figures of fronts compare only under one protocol. */
export const protocolsOf = (runs: readonly ComparedRun[]): number =>
  new Set(runs.flatMap(({ fronts }) => (fronts[0] ? [fronts[0].protocolHash] : []))).size;

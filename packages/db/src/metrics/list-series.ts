import { prismaOf, type Database } from "../database.ts";
import { asAsked, measuredRuns } from "./measured-runs.ts";

export interface SeriesQuery {
  runIds: readonly string[];
  /** what keys begin with */
  prefix: string;
  /** only these */
  keys?: readonly string[] | undefined;
  limit: number;
}

/** Metrics of several runs with their summaries, by key; of a run that was taken over, those of the other. */
export async function listSeries(db: Database, { runIds, prefix, keys, limit }: SeriesQuery) {
  const measured = await measuredRuns(db, runIds);
  const found = await prismaOf(db).metricSeries.findMany({
    where: { runId: { in: [...measured.keys()] }, key: { startsWith: prefix, ...(keys ? { in: [...keys] } : {}) } },
    select: { runId: true, key: true, last: true, lastStep: true, min: true, max: true, count: true },
    orderBy: [{ key: "asc" }, { runId: "asc" }],
    take: limit,
  });
  return asAsked(measured, found).slice(0, limit);
}

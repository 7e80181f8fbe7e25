import { prismaOf, type Database } from "../database.ts";

export interface SeriesQuery {
  runIds: readonly string[];
  /** what keys begin with */
  prefix: string;
  limit: number;
}

/** Metrics of several runs with their summaries, by key. */
export const listSeries = (db: Database, { runIds, prefix, limit }: SeriesQuery) =>
  prismaOf(db).metricSeries.findMany({
    where: { runId: { in: [...runIds] }, key: { startsWith: prefix } },
    select: { runId: true, key: true, last: true, lastStep: true, min: true, max: true, count: true },
    orderBy: [{ key: "asc" }, { runId: "asc" }],
    take: limit,
  });

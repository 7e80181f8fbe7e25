import { prismaOf, type Database } from "../database.ts";

export interface SeriesQuery {
  runIds: readonly string[];
  /** what keys begin with */
  prefix: string;
  /** only these */
  keys?: readonly string[] | undefined;
  limit: number;
}

/** Metrics of several runs with their summaries, by key. */
export const listSeries = (db: Database, { runIds, prefix, keys, limit }: SeriesQuery) =>
  prismaOf(db).metricSeries.findMany({
    where: { runId: { in: [...runIds] }, key: { startsWith: prefix, ...(keys ? { in: [...keys] } : {}) } },
    select: { runId: true, key: true, last: true, lastStep: true, min: true, max: true, count: true },
    orderBy: [{ key: "asc" }, { runId: "asc" }],
    take: limit,
  });

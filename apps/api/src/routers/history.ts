import { LIMITS } from "@uniarm/core/schema";
import {
  listMetricNames,
  listSeries,
  metricHistory,
  readLogs,
  resolveRunId,
  resolveRunIds,
  type MetricName,
  type Series,
} from "@uniarm/db";
import { z } from "zod";
import { plain, type Plain } from "../plain.ts";
import { at, Flag, gives, listed, router } from "../trpc.ts";

/** `last` is null where it is NaN or infinite. */
type KeySummary = Plain<Omit<Awaited<ReturnType<typeof listSeries>>[number], "last">> & { last: number | null };

const List = z.string().min(1).max(LIMITS.list);

export const metrics = router({
  history: at("read", "GET /metrics/history", "Histories of several runs and keys, thinned out to a number of points")
    .input(
      z.object({
        runs: List.describe("ids of runs, with commas"),
        keys: List.describe('metrics, with commas; one that has a comma in quotes: loss,"acc@1,5"'),
        fromStep: z.coerce.number().int().nonnegative().optional(),
        toStep: z.coerce.number().int().nonnegative().optional(),
        points: z.coerce
          .number()
          .int()
          .min(3)
          .max(20_000)
          .default(1000)
          .describe("most points of a series; fewer where there are many series"),
        method: z
          .enum(["buckets", "lttb"])
          .default("buckets")
          .describe("buckets: min, max and mean of equal stretches; lttb: points that keep the shape"),
        times: Flag.describe("also when each was measured; of a stretch, its first point"),
      }),
    )
    .output(gives<{ series: Plain<Series>[] }>())
    .query(async ({ ctx, input: { runs, keys, times, ...rest } }) => {
      const runIds = await resolveRunIds(ctx.db, listed(runs, LIMITS.compared));
      const query = { ...rest, times: times === "true", runIds, keys: listed(keys, LIMITS.metrics) };
      return plain({ series: await metricHistory(ctx.db, query) });
    }),

  keys: at("read", "GET /metrics/keys", "Metrics of several runs, with their summaries")
    .input(
      z.object({
        runs: List.describe("ids of runs, with commas"),
        keys: List.optional().describe("only these metrics, with commas"),
        prefix: z.string().max(200).default(""),
        limit: z.coerce
          .number()
          .int()
          .min(1)
          .max(LIMITS.compared * LIMITS.metrics)
          .default(1000),
      }),
    )
    .output(gives<{ series: KeySummary[] }>())
    .query(async ({ ctx, input: { runs, keys, ...query } }) => {
      const runIds = await resolveRunIds(ctx.db, listed(runs, LIMITS.compared));
      const only = keys === undefined ? {} : { keys: listed(keys, LIMITS.metrics) };
      return plain({ series: await listSeries(ctx.db, { ...query, ...only, runIds }) });
    }),

  names: at("read", "GET /metrics/names", "Metrics that any of several runs has, each once")
    .input(
      z.object({
        runs: List.describe("ids of runs, with commas"),
        limit: z.coerce.number().int().min(1).max(LIMITS.metricNames).default(LIMITS.metricNames),
      }),
    )
    .output(gives<{ names: MetricName[]; total: number }>())
    .query(async ({ ctx, input: { runs, limit } }) =>
      listMetricNames(ctx.db, await resolveRunIds(ctx.db, listed(runs, LIMITS.compared)), limit),
    ),
});

export const logs = router({
  read: at(
    "read",
    "GET /runs/{id}/logs",
    "A page of a run's log; its cursor continues after it, also where more is written later",
  )
    .input(
      z.object({
        id: z.string().max(40),
        cursor: z.string().max(200).optional(),
        limit: z.coerce.number().int().min(1).max(5000).default(500),
        search: z.string().max(200).optional(),
      }),
    )
    .output(gives<Plain<Awaited<ReturnType<typeof readLogs>>>>())
    .query(async ({ ctx, input: { id, ...page } }) =>
      plain(await readLogs(ctx.db, { ...page, runId: await resolveRunId(ctx.db, id) })),
    ),
});

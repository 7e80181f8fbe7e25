import { metricHistory, readLogs, resolveRunId, resolveRunIds, type Series } from "@uniarm/db";
import { z } from "zod";
import { plain, type Plain } from "../plain.ts";
import { at, gives, listed, router } from "../trpc.ts";

const List = z.string().min(1).max(20_000);

export const metrics = router({
  history: at("read", "GET /metrics/history", "Histories of several runs and keys, thinned out to a number of points")
    .input(
      z.object({
        runs: List.describe("ids of runs, with commas"),
        keys: List.describe("metrics, with commas"),
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
      }),
    )
    .output(gives<{ series: Plain<Series>[] }>())
    .query(async ({ ctx, input: { runs, keys, ...query } }) => {
      const runIds = await resolveRunIds(ctx.db, listed(runs, 200));
      return plain({ series: await metricHistory(ctx.db, { ...query, runIds, keys: listed(keys, 50) }) });
    }),

  keys: at("read", "GET /metrics/keys", "Metrics of several runs, with their summaries")
    .input(
      z.object({
        runs: List.describe("ids of runs, with commas"),
        prefix: z.string().max(200).default(""),
        limit: z.coerce.number().int().min(1).max(5000).default(1000),
      }),
    )
    .output(
      gives<{
        series: {
          runId: string;
          key: string;
          last: number | null;
          lastStep: number;
          min: number | null;
          max: number | null;
          count: number;
        }[];
      }>(),
    )
    .query(async ({ ctx, input }) => {
      const runIds = await resolveRunIds(ctx.db, listed(input.runs, 200));
      const series = await ctx.db.prisma.metricSeries.findMany({
        where: { runId: { in: runIds }, key: { startsWith: input.prefix } },
        select: { runId: true, key: true, last: true, lastStep: true, min: true, max: true, count: true },
        orderBy: [{ key: "asc" }, { runId: "asc" }],
        take: input.limit,
      });
      return plain({ series });
    }),
});

export const logs = router({
  read: at("read", "GET /runs/{id}/logs", "A page of a run's log; its cursor goes on, also when more comes later")
    .input(
      z.object({
        id: z.string().max(40),
        cursor: z.string().max(200).optional(),
        limit: z.coerce.number().int().min(1).max(5000).default(500),
        search: z.string().max(200).optional(),
      }),
    )
    .output(
      gives<{
        lines: { attempt: number; sequence: number; stream: string; text: string; time: string }[];
        nextCursor: string;
      }>(),
    )
    .query(async ({ ctx, input: { id, ...page } }) =>
      plain(await readLogs(ctx.db, { ...page, runId: await resolveRunId(ctx.db, id) })),
    ),
});

import type { EvaluationReport } from "@uniarm/core/schema";
import { compareProtocols, getFront, listFronts, type FrontDetail, type FrontSummary } from "@uniarm/db";
import { z } from "zod";
import { plain, type Plain } from "../plain.ts";
import { projectId } from "../project.ts";
import { at, gives, listed, router } from "../trpc.ts";

export const fronts = router({
  list: at("read", "GET /fronts", "A page of Pareto fronts, newest first")
    .input(
      z.object({
        project: z.string().max(100).optional(),
        run: z.string().max(40).optional().describe("of this run and its children"),
        protocol: z.string().max(64).optional().describe("hash, or its beginning: fronts of one protocol compare"),
        method: z.string().max(64).optional(),
        cursor: z.string().max(2000).optional(),
        limit: z.coerce.number().int().min(1).max(500).default(50),
      }),
    )
    .output(gives<{ fronts: Plain<FrontSummary>[]; nextCursor: string | null }>())
    .query(async ({ ctx, input: { project, ...query } }) => {
      const place = project === undefined ? {} : await projectId(ctx.db, project, undefined, false);
      return plain(await listFronts(ctx.db, { ...query, ...place }));
    }),

  get: at("read", "GET /fronts/{id}", "A front with its points, intervals and protocol")
    .input(z.object({ id: z.string().max(40) }))
    .output(gives<Plain<FrontDetail>>())
    .query(async ({ ctx, input }) => plain(await getFront(ctx.db, input.id))),

  compare: at("read", "GET /compare/fronts", "Fronts side by side, and whether their protocols allow it")
    .input(z.object({ ids: z.string().max(4000).describe("ids of fronts, with commas") }))
    .output(gives<{ comparable: boolean; differences: string[]; fronts: Plain<FrontDetail>[] }>())
    .query(async ({ ctx, input }) => {
      const found = await Promise.all(listed(input.ids, 200).map((id) => getFront(ctx.db, id)));
      const differences = compareProtocols(found);
      return plain({ comparable: differences.length === 0, differences, fronts: found });
    }),
});

export const evaluations = router({
  list: at("read", "GET /runs/{id}/evaluations", "Evaluation reports of a run")
    .input(z.object({ id: z.string().max(40) }))
    .output(
      gives<{
        evaluations: { id: string; runId: string; protocolHash: string; report: EvaluationReport; createdAt: string }[];
      }>(),
    )
    .query(async ({ ctx, input }) => {
      const found = await ctx.db.prisma.evaluation.findMany({
        where: { runId: input.id },
        orderBy: { createdAt: "asc" },
      });
      return plain({
        evaluations: found.map((row) => ({
          ...row,
          report: row.report as unknown as EvaluationReport,
          createdAt: row.createdAt.toISOString(),
        })),
      });
    }),
});

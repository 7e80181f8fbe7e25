import { LIMITS } from "@uniarm/core/schema";
import { comparedRuns, type ComparedRun } from "@uniarm/db";
import { z } from "zod";
import { plain, type Plain } from "../plain.ts";
import { at, gives, listed, router } from "../trpc.ts";

export const compare = router({
  runs: at("read", "GET /compare/runs", "Runs side by side: their configs and the fronts that came of them")
    .input(z.object({ ids: z.string().max(LIMITS.list).describe("ids of runs, with commas") }))
    .output(gives<{ runs: Plain<ComparedRun>[] }>())
    .query(async ({ ctx, input }) => plain({ runs: await comparedRuns(ctx.db, listed(input.ids, LIMITS.compared)) })),
});

import { listArtifacts, resolveRunId } from "@uniarm/db";
import { z } from "zod";
import { plain, type Plain } from "../plain.ts";
import { at, gives, router } from "../trpc.ts";

export const artifacts = router({
  list: at("read", "GET /runs/{id}/artifacts", "Outputs of a run, with their files")
    .input(z.object({ id: z.string().min(1).max(40) }))
    .output(gives<{ artifacts: Plain<Awaited<ReturnType<typeof listArtifacts>>> }>())
    .query(async ({ ctx, input }) =>
      plain({ artifacts: await listArtifacts(ctx.db, await resolveRunId(ctx.db, input.id)) }),
    ),
});

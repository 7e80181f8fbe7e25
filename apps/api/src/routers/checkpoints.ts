import { listCheckpoints, markCheckpoint, resolveRunId } from "@uniarm/db";
import { z } from "zod";
import { actorOf } from "../context.ts";
import { plain, type Plain } from "../plain.ts";
import { at, gives, router } from "../trpc.ts";

const Id = z.string().min(1).max(40);

export const checkpoints = router({
  list: at(
    "read",
    "GET /runs/{id}/checkpoints",
    "Checkpoints of a run with their files: GET /api/blobs/{sha256} gives the bytes",
  )
    .input(z.object({ id: Id }))
    .output(gives<{ checkpoints: Plain<Awaited<ReturnType<typeof listCheckpoints>>> }>())
    .query(async ({ ctx, input }) =>
      plain({ checkpoints: await listCheckpoints(ctx.db, await resolveRunId(ctx.db, input.id)) }),
    ),

  mark: at(
    "write",
    "POST /checkpoints/{id}/mark",
    "Keep a checkpoint whatever the retention policy says, or name it the best of its run",
  )
    .input(z.object({ id: Id, kept: z.boolean().optional(), best: z.boolean().optional() }))
    .output(gives<{ id: string }>())
    .mutation(async ({ ctx, input: { id, ...marks } }) => {
      await markCheckpoint(ctx.db, id, marks, actorOf(ctx));
      return { id };
    }),
});

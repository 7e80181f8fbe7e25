import type { Objective } from "@uniarm/core/schema";
import { z } from "zod";
import { plain } from "../plain.ts";
import { findArm } from "../playground/arm.ts";
import { projectId } from "../project.ts";
import { at, gives, router } from "../trpc.ts";

/** A reward model that can steer: a checkpoint of a run. */
export interface ArmRow {
  checkpointId: string;
  step: number;
  best: boolean;
  createdAt: string;
  run: { id: string; name: string; kind: string };
}
export interface ArmDetail {
  checkpointId: string;
  method: string;
  step: number;
  model: string | null;
  objectives: Objective[];
}

export const arms = router({
  list: at("read", "GET /arms", "Checkpoints of a project that can steer, newest first")
    .input(
      z.object({
        project: z.string().max(100).default("default"),
        limit: z.coerce.number().int().min(1).max(500).default(200),
      }),
    )
    .output(gives<{ arms: ArmRow[] }>())
    .query(async ({ ctx, input }) => {
      const place = await projectId(ctx.db, input.project, undefined, false);
      const found = await ctx.db.prisma.checkpoint.findMany({
        where: { deletedAt: null, run: { ...place, deletedAt: null, kind: { in: ["train", "demo"] } } },
        orderBy: [{ createdAt: "desc" }, { step: "desc" }],
        take: input.limit,
        select: {
          id: true,
          step: true,
          best: true,
          createdAt: true,
          run: { select: { id: true, name: true, kind: true } },
        },
      });
      return plain({ arms: found.map(({ id, ...row }) => ({ checkpointId: id, ...row })) });
    }),

  get: at("read", "GET /arms/{id}", "What a reward model steers: id of a checkpoint, or of a run")
    .input(z.object({ id: z.string().min(1).max(40) }))
    .output(gives<ArmDetail>())
    .query(async ({ ctx, input }) => {
      const { checkpointId, manifest, model } = await findArm(ctx.db, ctx.store, input.id);
      const { method, step, objectives } = manifest;
      return { checkpointId, method, step, model, objectives };
    }),
});

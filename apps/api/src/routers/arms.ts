import type { Objective } from "@uniarm/core/schema";
import { findProject, listArms } from "@uniarm/db";
import { z } from "zod";
import { plain, type Plain } from "../plain.ts";
import { findArm } from "../playground/arm.ts";
import { at, gives, ProjectOrDefault, router } from "../trpc.ts";

export interface ArmDetail {
  checkpointId: string;
  method: string;
  step: number;
  model: string | null;
  /** 1 / beta_dec at which it is usually asked */
  strength: number;
  objectives: Objective[];
}

export const arms = router({
  list: at("read", "GET /arms", "Checkpoints of a project that hold an ARM, newest first")
    .input(z.object({ project: ProjectOrDefault, limit: z.coerce.number().int().min(1).max(500).default(200) }))
    .output(gives<{ arms: Plain<Awaited<ReturnType<typeof listArms>>> }>())
    .query(async ({ ctx, input: { project, limit } }) =>
      plain({ arms: await listArms(ctx.db, { projectId: await findProject(ctx.db, project), limit }) }),
    ),

  get: at(
    "read",
    "GET /arms/{id}",
    "The objectives of an ARM and how strongly it usually steers, by the id of its checkpoint or of its run",
  )
    .input(z.object({ id: z.string().min(1).max(40) }))
    .output(gives<ArmDetail>())
    .query(async ({ ctx, input }) => {
      const { checkpointId, manifest, model, strength } = await findArm(ctx.db, ctx.store, input.id);
      const { method, step, objectives } = manifest;
      return { checkpointId, method, step, model, strength, objectives };
    }),
});

import { addModel, listModels, removeModel } from "@uniarm/db";
import { z } from "zod";
import { actorOf } from "../context.ts";
import { plain, type Plain } from "../plain.ts";
import { at, gives, router } from "../trpc.ts";

export const models = router({
  list: at("read", "GET /models", "Base models that workers can open")
    .input(z.object({}))
    .output(gives<{ models: Plain<Awaited<ReturnType<typeof listModels>>> }>())
    .query(async ({ ctx }) => plain({ models: await listModels(ctx.db) })),

  add: at("write", "POST /models", "Name a model folder of the workers")
    .input(z.object({ name: z.string().min(1).max(100), folder: z.string().min(1).max(1000) }))
    .output(gives<{ id: string }>())
    .mutation(async ({ ctx, input }) => ({ id: await addModel(ctx.db, input, actorOf(ctx)) })),

  remove: at("write", "POST /models/{id}/remove", "Forget a model; its folder stays")
    .input(z.object({ id: z.string().max(40) }))
    .output(gives<{ id: string }>())
    .mutation(async ({ ctx, input: { id } }) => {
      await removeModel(ctx.db, id, actorOf(ctx));
      return { id };
    }),
});

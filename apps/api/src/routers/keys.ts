import { audit, createKey, listKeys, revokeKey, SCOPES } from "@uniarm/db";
import { z } from "zod";
import { actorOf } from "../context.ts";
import { plain, type Plain } from "../plain.ts";
import { at, gives, router } from "../trpc.ts";

const DAY_MS = 86_400_000;

export const keys = router({
  list: at("admin", "GET /keys", "API keys, without their secrets")
    .input(z.object({}))
    .output(gives<{ keys: (Plain<Awaited<ReturnType<typeof listKeys>>>[number] & { isServers: boolean })[] }>())
    .query(async ({ ctx }) => {
      const own = ctx.localKey?.id();
      return plain({ keys: (await listKeys(ctx.db)).map((key) => ({ ...key, isServers: key.id === own })) });
    }),

  create: at("admin", "POST /keys", "Make an API key; its secret is shown once")
    .input(
      z.object({
        name: z.string().min(1).max(100),
        scopes: z.array(z.enum(SCOPES)).min(1),
        expiresInDays: z.number().positive().max(3650).optional(),
      }),
    )
    .output(gives<{ id: string; secret: string }>())
    .mutation(async ({ ctx, input: { expiresInDays, ...key } }) => {
      const expiresAt = expiresInDays === undefined ? null : new Date(Date.now() + expiresInDays * DAY_MS);
      const made = await createKey(ctx.db, { ...key, expiresAt });
      await audit(ctx.db, actorOf(ctx), "keys.create", made.id, { name: key.name, scopes: key.scopes });
      return made;
    }),

  revoke: at(
    "admin",
    "POST /keys/{id}/revoke",
    "Make a key worthless at once; for its own worker the server makes another",
  )
    .input(z.object({ id: z.string().max(40) }))
    .output(gives<{ id: string; isReplaced: boolean }>())
    .mutation(async ({ ctx, input: { id } }) => {
      const { localKey } = ctx;
      const isReplaced = localKey?.id() === id;
      if (isReplaced) await localKey.renew(); // first: its worker is never without a valid one
      await revokeKey(ctx.db, id);
      await audit(ctx.db, actorOf(ctx), "keys.revoke", id);
      return { id, isReplaced };
    }),
});

import { LIMITS } from "@uniarm/core/schema";
import { findSelection, storeSelection } from "@uniarm/db";
import { z } from "zod";
import { at, gives, router } from "../trpc.ts";

const Id = z.string().regex(/^[0-9a-z]{12}$/, "12 small letters and digits");
const Items = z
  .array(z.string().max(1000))
  .min(1)
  .max(10_000)
  .refine((items) => items.join().length <= LIMITS.list, `at most ${LIMITS.list} letters together`);

/** Lists that are too long for an address. Whoever may only look has them in a tab, and cannot share their link. */
export const selections = router({
  get: at("read", "GET /selections/{id}", "A list that a link names")
    .input(z.object({ id: Id }))
    .output(gives<{ items: string[] }>())
    .query(async ({ ctx, input }) => ({ items: await findSelection(ctx.db, input.id) })),

  store: at("write", "POST /selections", "Keep a list under an id of your own, for links")
    .input(z.object({ id: Id, items: Items }))
    .output(gives<{ id: string }>())
    .mutation(async ({ ctx, input: { id, items } }) => {
      await storeSelection(ctx.db, id, items);
      return { id };
    }),
});

import { UniArmError } from "@uniarm/core/schema";
import {
  addTestDelivery,
  addWebhook,
  findProject,
  listDeliveries,
  listWebhooks,
  removeWebhook,
  takeDeliveries,
  WEBHOOK_EVENTS,
  type DeliveryEntry,
  type Tried,
  type WebhookSummary,
} from "@uniarm/db";
import { z } from "zod";
import { actorOf } from "../context.ts";
import { plain, type Plain } from "../plain.ts";
import { at, gives, ProjectOrDefault, router } from "../trpc.ts";
import { refusePrivateHost } from "../webhooks/reachable-address.ts";
import { deliver } from "../webhooks/sender.ts";

const Id = z.string().max(40);
const Url = z
  .url({ protocol: /^https?$/ })
  .max(2000)
  .refine((text) => !new URL(text).username && !new URL(text).password, "no login in the address");

/** Addresses that are told what happens to the runs of a project. An address may be a secret: whoever may only read does not see it. */
export const webhooks = router({
  list: at("write", "GET /webhooks", "Webhooks of a project, without their secrets")
    .input(z.object({ project: ProjectOrDefault }))
    .output(gives<{ webhooks: Plain<WebhookSummary>[] }>())
    .query(async ({ ctx, input }) =>
      plain({ webhooks: await listWebhooks(ctx.db, await findProject(ctx.db, input.project)) }),
    ),

  add: at("write", "POST /webhooks", "Add a webhook; the secret that signs what it is sent is shown once")
    .input(
      z.object({
        project: ProjectOrDefault,
        url: Url,
        events: z.array(z.enum(WEBHOOK_EVENTS)).min(1).max(WEBHOOK_EVENTS.length).default(["failed", "stalled"]),
        stalledMinutes: z
          .int()
          .min(1)
          .max(10_080)
          .default(30)
          .describe("a run that reports nothing for so long has stalled"),
        inside: z.boolean().default(false).describe("also runs inside of studies and sweeps"),
      }),
    )
    .output(gives<{ id: string; secret: string }>())
    .mutation(async ({ ctx, input: { project, ...webhook } }) => {
      if (!ctx.settings.allowsPrivateWebhooks) refusePrivateHost(new URL(webhook.url));
      const projectId = await findProject(ctx.db, project);
      return addWebhook(ctx.db, { ...webhook, projectId, events: [...new Set(webhook.events)] }, actorOf(ctx));
    }),

  remove: at("write", "POST /webhooks/{id}/remove", "Remove a webhook with the log of its deliveries")
    .input(z.object({ id: Id }))
    .output(gives<{ id: string }>())
    .mutation(async ({ ctx, input: { id } }) => {
      await removeWebhook(ctx.db, id, actorOf(ctx));
      return { id };
    }),

  test: at("write", "POST /webhooks/{id}/test", "Send a test at once, and say how it was answered")
    .input(z.object({ id: Id }))
    .output(gives<Tried>())
    .mutation(async ({ ctx, input }) => {
      const [delivery] = await takeDeliveries(ctx.db, 1, await addTestDelivery(ctx.db, input.id));
      if (!delivery) throw new UniArmError("webhook-missing", "The test is being sent already: see the deliveries.");
      return deliver(ctx, delivery);
    }),

  deliveries: at("write", "GET /webhooks/{id}/deliveries", "What a webhook was sent, or is to be, the newest first")
    .input(z.object({ id: Id, limit: z.coerce.number().int().min(1).max(500).default(100) }))
    .output(gives<{ deliveries: Plain<DeliveryEntry>[] }>())
    .query(async ({ ctx, input: { id, limit } }) => plain({ deliveries: await listDeliveries(ctx.db, id, limit) })),
});

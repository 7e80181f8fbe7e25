import { randomBytes } from "node:crypto";
import { UniArmError } from "@uniarm/core/schema";
import { auditEntry } from "../access/audit.ts";
import { poolOf, prismaOf, type Database } from "../database.ts";
import { newId } from "../id.ts";
import type { WebhookEvent } from "./events.ts";

export interface NewWebhook {
  projectId: string;
  url: string;
  events: readonly WebhookEvent[];
  /** a run that reports nothing for so long counts as stalled */
  stalledMinutes: number;
  /** also runs inside of studies and sweeps */
  inside: boolean;
}

/** Without its secret. */
export interface WebhookSummary {
  id: string;
  url: string;
  events: WebhookEvent[];
  stalledMinutes: number;
  inside: boolean;
  createdBy: string;
  createdAt: Date;
  /** deliveries that are tried again, and that were given up within the last 30 days */
  waiting: number;
  givenUp: number;
}

const MOST = 20;

/** @returns its id, and the secret that signs what it is sent: shown this once. @throws UniArmError webhooks-full */
export async function addWebhook(
  db: Database,
  webhook: NewWebhook,
  actor: string,
): Promise<{ id: string; secret: string }> {
  const [id, secret] = [newId(), `whsec_${randomBytes(32).toString("base64url")}`];
  await prismaOf(db).$transaction(async (prisma) => {
    const { projectId } = webhook;
    await prisma.$queryRaw`SELECT 1 FROM "Project" WHERE id = ${projectId} FOR UPDATE`;
    if ((await prisma.webhook.count({ where: { projectId } })) >= MOST)
      throw new UniArmError(
        "webhooks-full",
        `The project has ${MOST} webhooks, the most there may be. Remove one first.`,
      );
    await prisma.webhook.create({ data: { id, secret, createdBy: actor, ...webhook, events: [...webhook.events] } });
    // the address may hold a secret of whoever it is of
    await auditEntry(prisma, actor, "webhooks.add", id, { host: new URL(webhook.url).host, events: webhook.events });
  });
  return { id, secret };
}

export async function listWebhooks(db: Database, projectId: string): Promise<WebhookSummary[]> {
  const { rows } = await poolOf(db).query<WebhookSummary>(
    `SELECT w.id, w.url, w.events, w."stalledMinutes", w.inside, w."createdBy", w."createdAt",
       (SELECT count(*) FROM "WebhookDelivery" d WHERE d."webhookId" = w.id AND d.state = 'WAITING') AS waiting,
       (SELECT count(*) FROM "WebhookDelivery" d WHERE d."webhookId" = w.id AND d.state = 'GIVEN_UP') AS "givenUp"
     FROM "Webhook" w WHERE w."projectId" = $1 ORDER BY w."createdAt"`,
    [projectId],
  );
  return rows;
}

/** With it goes the log of its deliveries. @throws UniArmError webhook-missing */
export async function removeWebhook(db: Database, id: string, actor: string): Promise<void> {
  await prismaOf(db).$transaction(async (prisma) => {
    const { count } = await prisma.webhook.deleteMany({ where: { id } });
    if (count === 0) throw webhookMissing(id);
    await auditEntry(prisma, actor, "webhooks.remove", id);
  });
}

export const webhookMissing = (id: string): UniArmError =>
  new UniArmError("webhook-missing", `There is no webhook ${id}. See those there are: uniarm webhooks ls`);

import { poolOf, prismaOf, type Database } from "../database.ts";
import { newId } from "../id.ts";
import { webhookMissing } from "./webhooks.ts";

/** Something to be sent, and where to. */
export interface Delivery {
  id: string;
  event: string;
  payload: Record<string, unknown>;
  /** of this try */
  attempt: number;
  url: string;
  secret: string;
}

/** How a try ended; without a problem it was taken. */
export interface Tried {
  status: number | null;
  problem: string | null;
}

/** Waits between tries; after the last one it is given up. */
const WAITS_SECONDS = [10, 60, 300, 1800, 7200, 21_600];
export const MOST_TRIES = WAITS_SECONDS.length + 1;
/** A server that was killed while it sent has not said how it went by then: it is sent again. */
const UNHEARD_SECONDS = 60;
const KEPT_DAYS = 30;

/** Takes deliveries that are due; no other server has them meanwhile. */
export async function takeDeliveries(db: Database, most: number, only: string | null = null): Promise<Delivery[]> {
  const { rows } = await poolOf(db).query<Delivery>(
    `UPDATE "WebhookDelivery" d SET tries = d.tries + 1, "nextAt" = now() + interval '${UNHEARD_SECONDS} seconds' FROM "Webhook" w
     WHERE w.id = d."webhookId" AND d.id IN (
       SELECT id FROM "WebhookDelivery" WHERE state = 'WAITING' AND "nextAt" <= now() AND ($2::text IS NULL OR id = $2)
       ORDER BY "nextAt" LIMIT $1 FOR UPDATE SKIP LOCKED)
     RETURNING d.id, d.event, d.payload, d.tries AS attempt, w.url, w.secret`,
    [most, only],
  );
  return rows;
}

/** Notes how a try ended: it was taken, is due again later, or is given up. */
export async function noteDelivery(
  db: Database,
  id: string,
  attempt: number,
  { status, problem }: Tried,
): Promise<void> {
  const wait = WAITS_SECONDS[attempt - 1];
  const state = problem === null ? "DELIVERED" : wait === undefined ? "GIVEN_UP" : "WAITING";
  await poolOf(db).query(
    `UPDATE "WebhookDelivery" SET state = $2::"DeliveryState", status = $3, problem = $4, "triedAt" = now(),
       "nextAt" = CASE WHEN $2 = 'WAITING' THEN now() + make_interval(secs => $5) END WHERE id = $1 AND state = 'WAITING'`,
    [id, state, status, problem ?? "", wait ?? 0],
  );
}

/** A delivery that says no more than that it is a test. @returns its id. @throws UniArmError webhook-missing */
export async function addTestDelivery(db: Database, webhookId: string): Promise<string> {
  const webhook = await prismaOf(db).webhook.findUnique({ where: { id: webhookId }, include: { project: true } });
  if (!webhook) throw webhookMissing(webhookId);
  const id = newId();
  const { project } = webhook;
  const payload = { event: "test", time: new Date(), project: { id: project.id, name: project.name }, run: null };
  await prismaOf(db).webhookDelivery.create({
    data: { id, webhookId, event: "test", key: `test:${id}`, payload: JSON.parse(JSON.stringify(payload)) as object },
  });
  return id;
}

export type DeliveryEntry = Awaited<ReturnType<typeof listDeliveries>>[number];

/** What was sent to a webhook, or is to be, the newest first. @throws UniArmError webhook-missing */
export async function listDeliveries(db: Database, webhookId: string, limit: number) {
  if (!(await prismaOf(db).webhook.findUnique({ where: { id: webhookId }, select: { id: true } })))
    throw webhookMissing(webhookId);
  return prismaOf(db).webhookDelivery.findMany({
    where: { webhookId },
    orderBy: [{ createdAt: "desc" }, { id: "desc" }],
    omit: { key: true, webhookId: true },
    take: limit,
  });
}

/** The log is kept for a month. */
export async function forgetDeliveries(db: Database): Promise<void> {
  const createdAt = { lt: new Date(Date.now() - KEPT_DAYS * 86_400_000) };
  await prismaOf(db).webhookDelivery.deleteMany({ where: { state: { not: "WAITING" }, createdAt } });
}

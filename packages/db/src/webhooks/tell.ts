import { poolOf, type Client, type Database } from "../database.ts";
import type { WebhookEvent } from "./events.ts";

/** `r` is the run, `w` a webhook of its project. */
const DELIVERY = (event: string): string => `
  INSERT INTO "WebhookDelivery" (id, "webhookId", event, "runId", key, payload)
  SELECT substr(md5(random()::text || w.id || r.id || clock_timestamp()::text), 1, 12), w.id, ${event}, r.id,
    concat_ws(':', r.id, ${event}, coalesce(r."resumedAt", r."createdAt"), r."attemptCount"),
    jsonb_build_object('event', 'run.' || ${event}, 'time', now(),
      'project', jsonb_build_object('id', p.id, 'name', p.name),
      'run', jsonb_build_object('id', r.id, 'name', r.name, 'kind', r.kind, 'state', r.state, 'reason', r.reason, 'tags', r.tags,
        'parentId', r."parentId", 'createdBy', r."createdBy", 'createdAt', r."createdAt", 'startedAt', r."startedAt", 'endedAt', r."endedAt"))
  FROM "Run" r JOIN "Project" p ON p.id = r."projectId" JOIN "Webhook" w ON w."projectId" = r."projectId"
  WHERE ${event} = ANY (w.events) AND (w.inside OR r."parentId" IS NULL) AND r.kind <> 'playground'`;

/** Puts what happened to a run in the queue of its project's webhooks, in the transaction in which it happens. */
export async function tellWebhooks(client: Client, runId: string, event: WebhookEvent): Promise<void> {
  await client.query(`${DELIVERY("$2::text")} AND r.id = $1 ON CONFLICT ("webhookId", key) DO NOTHING`, [runId, event]);
}

/**
 * The same for runs that report nothing: no metric of their own, log, progress or output for as long as the webhook says. Once
 * an attempt. What a process takes of its machine is no sign of progress.
 */
export async function tellStalled(db: Database): Promise<number> {
  const { rowCount } = await poolOf(db).query(
    `${DELIVERY("'stalled'::text")} AND r.state = 'RUNNING' AND r."deletedAt" IS NULL
       AND EXISTS (SELECT 1 FROM "Attempt" a WHERE a."runId" = r.id AND a."endedAt" IS NULL AND a.launcher <> 'recorded'
         AND a."startedAt" < now() - make_interval(mins => w."stalledMinutes"))
       AND NOT EXISTS (SELECT 1 FROM "RunEvent" e WHERE e."runId" = r.id AND e.time > now() - make_interval(mins => w."stalledMinutes")
         AND (e.type <> 'metrics' OR EXISTS (SELECT 1 FROM jsonb_array_elements_text(e.data -> 'keys') k WHERE k NOT LIKE 'system/%')))
     ON CONFLICT ("webhookId", key) DO NOTHING`,
  );
  return rowCount ?? 0;
}

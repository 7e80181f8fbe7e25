import type { PlaygroundOrder, PlaygroundRequest } from "@uniarm/core/schema";
import { inTransaction, type Client, type Database } from "../database.ts";
import { notify } from "../notify.ts";

export type OrderWithId = { id: string; order: PlaygroundOrder };

export interface AttemptOf {
  runId: string;
  attemptId: string;
}

/** What an attempt that holds a model has to do and has not said to have seen: they are given again until it does. */
export async function playgroundOrders(
  db: Database,
  attempt: AttemptOf,
  seen: readonly string[],
): Promise<OrderWithId[]> {
  return inTransaction(db, async (client) => {
    await attach(client, attempt);
    if (seen.length > 0) await noteSeen(client, attempt, seen);
    await cancelUnheard(client, attempt);
    const { runId, attemptId } = attempt;
    const { rows: asked } = await client.query<{ id: string; request: string; createdAt: Date }>(
      `UPDATE "PlaygroundRequest" SET "handedTo" = $2
       WHERE "runId" = $1 AND NOT "isCancelled" AND NOT "isSeen" AND ("handedTo" IS NULL OR "handedTo" = $2)
       RETURNING id, request, "createdAt"`,
      [runId, attemptId],
    );
    const { rows: cancelled } = await client.query<{ id: string }>(
      `SELECT id FROM "PlaygroundRequest" WHERE "runId" = $1 AND "isCancelled" AND "handedTo" = $2`,
      [runId, attemptId],
    );
    const { rows: released } = await client.query(
      `SELECT 1 FROM "PlaygroundHold" WHERE "runId" = $1 AND "releasedAt" IS NOT NULL AND NOT "releaseSeen"`,
      [runId],
    );
    return [
      ...asked
        .toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime())
        .map(({ id, request }): OrderWithId => ({
          id: `ask ${id}`,
          order: { type: "ask", request: JSON.parse(request) as PlaygroundRequest },
        })),
      ...cancelled.map(({ id }): OrderWithId => ({ id: `cancel ${id}`, order: { type: "cancel", id } })),
      ...released.map((): OrderWithId => ({ id: "release", order: { type: "release" } })),
    ];
  });
}

/** From now on this attempt is the one that answers; clients are told so. */
async function attach(client: Client, { runId, attemptId }: AttemptOf): Promise<void> {
  const { rowCount } = await client.query(
    `INSERT INTO "PlaygroundHold" AS h ("runId", "attemptId") VALUES ($1, $2)
     ON CONFLICT ("runId") DO UPDATE SET "attemptId" = $2, "usedAt" = now(), "releasedAt" = NULL, "releaseSeen" = false
     WHERE h."attemptId" IS DISTINCT FROM $2`,
    [runId, attemptId],
  );
  if (rowCount === 0) return;
  // nobody is left who could be told of these
  await client.query(`DELETE FROM "PlaygroundRequest" WHERE "runId" = $1 AND "isCancelled" AND "handedTo" <> $2`, [
    runId,
    attemptId,
  ]);
  await notify(client, [`run:${runId}`]);
}

async function noteSeen(client: Client, { runId, attemptId }: AttemptOf, seen: readonly string[]): Promise<void> {
  await client.query(
    `UPDATE "PlaygroundRequest" SET "isSeen" = true WHERE "runId" = $1 AND "handedTo" = $2 AND 'ask ' || id = ANY ($3)`,
    [runId, attemptId, seen],
  );
  await client.query(
    `DELETE FROM "PlaygroundRequest" WHERE "runId" = $1 AND "isCancelled" AND 'cancel ' || id = ANY ($2)`,
    [runId, seen],
  );
  if (seen.includes("release"))
    await client.query(`UPDATE "PlaygroundHold" SET "releaseSeen" = true WHERE "runId" = $1`, [runId]);
}

/** Requests whose server has been killed. */
async function cancelUnheard(client: Client, { runId }: AttemptOf): Promise<void> {
  await client.query(
    `UPDATE "PlaygroundRequest" SET "isCancelled" = true WHERE "runId" = $1 AND NOT "isCancelled" AND "heardUntil" < now()`,
    [runId],
  );
  await client.query(`DELETE FROM "PlaygroundRequest" WHERE "runId" = $1 AND "isCancelled" AND "handedTo" IS NULL`, [
    runId,
  ]);
}

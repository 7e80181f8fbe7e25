import { UniArmError, type PlaygroundRequest } from "@uniarm/core/schema";
import { inTransaction, poolOf, type Database } from "../database.ts";
import { notify } from "../notify.ts";

/** The most responses that one run is asked for at a time, including those that wait for room. */
const MOST_ROWS = 256;
/** A server that was killed has not said so: what its clients asked for is cancelled then. */
const UNHEARD_SECONDS = 30;
const KEPT_HOURS = 1;

/** Asks a run that holds a model, or will. @throws UniArmError playground-busy */
export async function askPlayground(db: Database, runId: string, request: PlaygroundRequest): Promise<void> {
  const asked = request.preferences.length;
  await inTransaction(db, async (client) => {
    // locks the run's row here, so that two do not both find the last room
    await client.query(
      `INSERT INTO "PlaygroundHold" ("runId") VALUES ($1) ON CONFLICT ("runId") DO UPDATE SET "usedAt" = now()`,
      [runId],
    );
    const { rows } = await client.query<{ open: number }>(
      `SELECT coalesce(sum("openRows"), 0) AS open FROM "PlaygroundRequest"
       WHERE "runId" = $1 AND NOT "isCancelled" AND "heardUntil" > now()`,
      [runId],
    );
    const { open } = rows[0]!;
    if (open + asked > MOST_ROWS)
      throw new UniArmError(
        "playground-busy",
        `This model already has ${open} responses to make; ${asked} more would exceed the limit of ${MOST_ROWS}. Try again when some have ended.`,
      );
    await client.query(
      `INSERT INTO "PlaygroundRequest" (id, "runId", request, "openRows", "createdAt", "heardUntil")
       VALUES ($1, $2, $3, $4, clock_timestamp(), now() + interval '${UNHEARD_SECONDS} seconds')`,
      [request.id, runId, JSON.stringify(request), asked],
    );
    await notify(client, [`orders:${runId}`]);
  });
}

/** The server of a request's client is still there. */
export async function keepPlaygroundRequest(db: Database, id: string): Promise<void> {
  await poolOf(db).query(
    `UPDATE "PlaygroundRequest" SET "heardUntil" = now() + interval '${UNHEARD_SECONDS} seconds' WHERE id = $1`,
    [id],
  );
}

/** A request's client has gone, or has heard all: what an attempt may still be at work on is cancelled there. */
export async function leavePlayground(db: Database, id: string): Promise<void> {
  await inTransaction(db, async (client) => {
    const { rows } = await client.query<{ runId: string }>(
      `UPDATE "PlaygroundRequest" SET "isCancelled" = true WHERE id = $1 RETURNING "runId"`,
      [id],
    );
    const [request] = rows;
    if (!request) return;
    await client.query(`DELETE FROM "PlaygroundRequest" WHERE id = $1 AND ("handedTo" IS NULL OR "openRows" = 0)`, [
      id,
    ]);
    await client.query(`UPDATE "PlaygroundHold" SET "usedAt" = now() WHERE "runId" = $1`, [request.runId]);
    await notify(client, [`orders:${request.runId}`]);
  });
}

/** Removes what nobody has come back for. */
export async function forgetPlaygrounds(db: Database): Promise<void> {
  const before = `now() - interval '${KEPT_HOURS} hours'`;
  await poolOf(db).query(`DELETE FROM "PlaygroundRequest" WHERE "heardUntil" < ${before}`);
  await poolOf(db).query(
    `DELETE FROM "PlaygroundHold" h USING "Run" r WHERE r.id = h."runId" AND r."endedAt" < ${before}`,
  );
}

import { inTransaction, type Client, type Database } from "../database.ts";
import type { RecordedKind } from "@uniarm/pipeline/schema";
import { contentHash } from "../hash.ts";
import { newId } from "../id.ts";
import { resummarise } from "../metrics/store.ts";
import { appendEvents } from "./events.ts";
import { insertRun } from "./launch.ts";
import { lockRun, setState, type RunRow } from "./state.ts";

export interface Recorded {
  projectId: string;
  kind: RecordedKind;
  name: string;
  config: unknown;
  workerId: string;
  host: string;
  /** identifies what ran, so that it is recorded once */
  externalId: string;
  createdBy: string;
}

/** Recording takes seconds and sends no heartbeats; one that has not ended by then is lost. */
const LEASE = "1 hour";

/**
 * Begins, or continues, to record something that ran without a server.
 * @returns the attempt to report as; null where it was recorded before, or was deleted since
 */
export async function beginRecord(
  db: Database,
  recorded: Recorded,
): Promise<{ runId: string; attemptId: string | null }> {
  return inTransaction(db, async (client) => {
    await client.query(`SELECT pg_advisory_xact_lock(hashtext($1))`, [recorded.externalId]); // two workers may read one inbox
    const known = await lastAttempt(client, recorded.externalId);
    if (!known) {
      const { kind, config, externalId } = recorded;
      const runId = await insertRun(client, {
        ...recorded,
        maxAttempts: 1,
        inputHash: contentHash({ kind, config, externalId }),
      });
      return { runId, attemptId: await startRecording(db, client, (await lockRun(client, runId))!, recorded) };
    }
    const run = await lockRun(client, known.runId);
    if (!run || run.state === "SUCCEEDED") return { runId: known.runId, attemptId: null };
    if (known.endedAt === null) return { runId: run.id, attemptId: known.id };
    return { runId: run.id, attemptId: await startRecording(db, client, run, recorded) };
  });
}

async function lastAttempt(
  client: Client,
  externalId: string,
): Promise<{ id: string; runId: string; endedAt: Date | null } | undefined> {
  const { rows } = await client.query<{ id: string; runId: string; endedAt: Date | null }>(
    `SELECT id, "runId", "endedAt" FROM "Attempt" WHERE "externalId" = $1 AND launcher = 'recorded' ORDER BY number DESC LIMIT 1`,
    [externalId],
  );
  return rows[0];
}

async function startRecording(
  db: Database,
  client: Client,
  run: RunRow,
  { workerId, host, externalId }: Recorded,
): Promise<string> {
  const [id, number] = [newId(), run.attemptCount + 1];
  await client.query(
    `INSERT INTO "Attempt" (id, "runId", number, "workerId", host, launcher, "externalId", "heartbeatAt", "leaseUntil")
     VALUES ($1, $2, $3, $4, $5, 'recorded', $6, now(), now() + interval '${LEASE}')`,
    [id, run.id, number, workerId, host, externalId],
  );
  await client.query(`UPDATE "Run" SET "attemptCount" = $2 WHERE id = $1`, [run.id, number]);
  if (number > 1) await resummarise(client, run.id);
  await setState(db, client, run, "RUNNING");
  await appendEvents(client, run.id, [
    { type: "attempt", data: { number, state: "RUNNING", reason: `recorded from ${host}`, resumedFromStep: -1 } },
  ]);
  return id;
}

import { UniArmError, type AttemptEnd } from "@uniarm/core/schema";
import { inTransaction, type Client, type Database } from "../database.ts";
import type { AttemptState } from "../generated/enums.ts";
import { appendEvents } from "../runs/events.ts";
import { lockRun, setState } from "../runs/state.ts";
import { lockLiveAttempt, type LiveAttempt } from "./live.ts";
import { endAtLast } from "./recorded-time.ts";
import { goOnAfterLoss } from "./loss.ts";

export interface Ended {
  attemptId: string;
  end: AttemptEnd;
  reason: string;
  exit: { code: number | null; signal: string | null } | null;
  /** number of its last event, up to which all must have been recorded; null: events that were not sent are lost */
  lastSequence: number | null;
}

/**
 * Ends an attempt and moves its run to its next state. Calling it twice changes nothing.
 * @throws UniArmError attempt-stale, events-missing
 */
export async function endAttempt(db: Database, { attemptId, end, reason, exit, lastSequence }: Ended): Promise<void> {
  await inTransaction(db, async (client) => {
    const known = await client.query<{ state: string }>(
      `SELECT state FROM "Attempt" WHERE id = $1 AND "endedAt" IS NOT NULL`,
      [attemptId],
    );
    if (known.rows[0]?.state === end) return;
    const runId = await runOf(client, attemptId);
    const run = runId && (await lockRun(client, runId)); // before the attempt: everybody locks in this order
    const attempt = await lockLiveAttempt(client, attemptId);
    if (!run) throw new UniArmError("attempt-stale", `The run of attempt ${attemptId} was deleted.`);
    if (attempt.lastSequence !== lastSequence && lastSequence !== null)
      throw new UniArmError(
        "events-missing",
        `Attempt ${attempt.number} ended after event ${lastSequence}, but events up to ${attempt.lastSequence} were recorded. Send the missing ones first.`,
      );
    await closeAttempt(client, attempt, end, reason, exit);
    if (end === "LOST") await goOnAfterLoss(db, client, run, attempt.number, reason);
    else if (end !== "DRAINED") await setState(db, client, run, end, reason);
    else if (run.desiredState === "CANCEL") await setState(db, client, run, "CANCELLED", "cancelled");
    else await setState(db, client, run, "QUEUED", reason);
    await endAtLast(client, attempt);
  });
}

export async function runOf(client: Client, attemptId: string): Promise<string | undefined> {
  const { rows } = await client.query<{ runId: string }>(`SELECT "runId" FROM "Attempt" WHERE id = $1`, [attemptId]);
  return rows[0]?.runId;
}

export async function closeAttempt(
  client: Client,
  attempt: Pick<LiveAttempt, "id" | "runId" | "number">,
  state: AttemptState,
  reason: string,
  exit: Ended["exit"] = null,
): Promise<void> {
  await client.query(
    `UPDATE "Attempt" SET state = $2::"AttemptState", reason = $3, exit = $4, "endedAt" = now() WHERE id = $1`,
    [attempt.id, state, reason, exit && JSON.stringify(exit)],
  );
  await appendEvents(client, attempt.runId, [
    { type: "attempt", data: { number: attempt.number, state, reason, resumedFromStep: -1 } },
  ]);
}

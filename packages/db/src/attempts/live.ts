import { UniArmError } from "@uniarm/core/schema";
import type { Client } from "../database.ts";

export interface LiveAttempt {
  id: string;
  runId: string;
  number: number;
  lastSequence: number;
  launcher: string;
}

/**
 * Locks an attempt that still works on its run: every write of a worker starts here.
 * @throws UniArmError attempt-stale
 */
export async function lockLiveAttempt(client: Client, attemptId: string): Promise<LiveAttempt> {
  const { rows } = await client.query<LiveAttempt & { state: string; endedAt: Date | null }>(
    `SELECT id, "runId", number, "lastSequence", launcher, state, "endedAt" FROM "Attempt" WHERE id = $1 FOR UPDATE`,
    [attemptId],
  );
  const [attempt] = rows;
  if (attempt?.endedAt === null) return attempt;
  throw new UniArmError(
    "attempt-stale",
    attempt
      ? `Attempt ${attempt.number} of run ${attempt.runId} ended as ${attempt.state}; what it still reports is not recorded.`
      : `There is no attempt ${attemptId}: its run was deleted.`,
  );
}

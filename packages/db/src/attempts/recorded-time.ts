import type { AttemptEvent } from "@uniarm/core/schema";
import type { Client } from "../database.ts";
import type { LiveAttempt } from "./live.ts";

/** Work that ran before it was recorded began with its first event: points lie after the start, wherever they come from. */
export async function startAtFirst(
  client: Client,
  { id, runId, launcher }: LiveAttempt,
  events: readonly AttemptEvent[],
): Promise<void> {
  if (launcher !== "recorded" || events.length === 0) return;
  const times = events.map(({ time }) => time);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  await client.query(
    `WITH attempt AS (
       UPDATE "Attempt" SET "startedAt" = least("startedAt", to_timestamp($2 / 1000.0)),
         -- the first batch's begin is when it was recorded, which is no sign of life of the work itself
         "heartbeatAt" = CASE WHEN "lastSequence" = 0 THEN to_timestamp($3 / 1000.0) ELSE greatest("heartbeatAt", to_timestamp($3 / 1000.0)) END
       WHERE id = $1)
     UPDATE "Run" SET "startedAt" = least("startedAt", to_timestamp($2 / 1000.0)) WHERE id = $4`,
    [id, first, last, runId],
  );
}

/** And it ended with its last one. */
export async function endAtLast(client: Client, { id, runId, launcher, lastSequence }: LiveAttempt): Promise<void> {
  if (launcher !== "recorded" || lastSequence === 0) return;
  await client.query(
    `WITH attempt AS (UPDATE "Attempt" SET "endedAt" = "heartbeatAt" WHERE id = $1 RETURNING "heartbeatAt")
     UPDATE "Run" SET "endedAt" = attempt."heartbeatAt" FROM attempt WHERE "Run".id = $2`,
    [id, runId],
  );
}

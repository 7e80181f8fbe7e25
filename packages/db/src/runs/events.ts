import type { Client } from "../database.ts";
import type { AttemptState, DesiredState, RunState } from "../generated/enums.ts";
import { notify } from "../notify.ts";

/** What subscribers of a run are told. A change only names what changed; lists and charts are then read again. */
export type RunChange =
  | { type: "state"; data: { state: RunState; reason: string } }
  | { type: "desired"; data: { desiredState: DesiredState } }
  | {
      type: "attempt";
      data: { number: number; state: AttemptState; reason: string; resumedFromStep: number };
    }
  | { type: "child"; data: { id: string; name: string; state: RunState } }
  | { type: "metrics"; data: { attempt: number; keys: string[]; step: number; count: number } }
  | { type: "notice"; data: { code: string; message: string } }
  | { type: "log"; data: { attempt: number; sequence: number } }
  | { type: "progress"; data: { phase: string; done: number; total: number; unit: string } }
  | { type: "provenance"; data: { attempt: number } }
  | { type: "checkpoint"; data: { id: string; step: number } }
  | { type: "artifact" | "front"; data: { id: string; name: string } };

/** Numbers changes of a run without gaps and tells its subscribers when the transaction commits. */
export async function appendEvents(client: Client, runId: string, changes: readonly RunChange[]): Promise<void> {
  if (changes.length === 0) return;
  const { rows } = await client.query<{ last: number; projectId: string }>(
    `UPDATE "Run" SET "eventSequence" = "eventSequence" + $2 WHERE id = $1 RETURNING "eventSequence" AS last, "projectId"`,
    [runId, changes.length],
  );
  const [run] = rows;
  if (!run) return; // deleted meanwhile
  // clock_timestamp: a transaction may have begun long before, and lists ask for what is new since
  await client.query(
    `INSERT INTO "RunEvent" ("runId", sequence, type, data, time)
     SELECT $1, $2 + n, t, d, clock_timestamp() FROM unnest($3::text[], $4::jsonb[]) WITH ORDINALITY AS e (t, d, n)`,
    [
      runId,
      run.last - changes.length,
      changes.map(({ type }) => type),
      changes.map(({ data }) => JSON.stringify(data)),
    ],
  );
  await notify(client, [`run:${runId}`, `project:${run.projectId}`]);
}

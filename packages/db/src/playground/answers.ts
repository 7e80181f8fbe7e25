import type { PlaygroundChunk } from "@uniarm/core/schema";
import { inTransaction, poolOf, type Client, type Database } from "../database.ts";
import { notify } from "../notify.ts";
import type { AttemptOf } from "./orders.ts";

/** A client that is further behind does not read. */
export const MOST_UNREAD = 2000;

/**
 * Keeps what an attempt answers for the servers of its clients, and wakes them; a batch that was delivered before is skipped.
 * @returns requests that nobody waits for any more
 */
export async function deliverAnswers(
  db: Database,
  { attemptId }: Pick<AttemptOf, "attemptId">,
  sequence: number,
  chunks: readonly PlaygroundChunk[],
): Promise<{ gone: string[] }> {
  const byRequest = Map.groupBy(chunks, ({ id }) => id);
  return inTransaction(db, async (client) => {
    const { rows: open } = await client.query<{ id: string; lastSequence: number }>(
      `SELECT id, "lastSequence" FROM "PlaygroundRequest"
       WHERE id = ANY ($1) AND "handedTo" = $2 AND NOT "isCancelled" AND "heardUntil" > now() ORDER BY id FOR UPDATE`,
      [[...byRequest.keys()], attemptId],
    );
    const isNew = open.filter(({ lastSequence }) => lastSequence < sequence).map(({ id }) => id);
    if (isNew.length > 0) await keep(client, sequence, new Map(isNew.map((id) => [id, byRequest.get(id)!])));
    const known = new Set(open.map(({ id }) => id));
    const gone = chunks.filter(({ id, type }) => type === "token" && !known.has(id)).map(({ id }) => id);
    return { gone: [...new Set(gone)] };
  });
}

async function keep(client: Client, sequence: number, byRequest: Map<string, PlaygroundChunk[]>): Promise<void> {
  const ids = [...byRequest.keys()];
  const batches = [...byRequest.values()];
  await client.query(
    `INSERT INTO "PlaygroundAnswer" ("requestId", sequence, chunks, count)
     SELECT id, $1, chunks, count FROM unnest($2::text[], $3::text[], $4::int[]) AS b (id, chunks, count)`,
    [sequence, ids, batches.map((batch) => JSON.stringify(batch)), batches.map(({ length }) => length)],
  );
  const ended = batches.map((batch) =>
    batch.some(({ type }) => type === "error") ? Infinity : batch.filter(({ type }) => type === "end").length,
  );
  await client.query(
    `UPDATE "PlaygroundRequest" r SET "lastSequence" = $1, "openRows" = greatest(0, r."openRows" - b.ended)
     FROM unnest($2::text[], $3::int[]) AS b (id, ended) WHERE r.id = b.id`,
    [sequence, ids, ended.map((count) => Math.min(count, 1_000_000))],
  );
  const { rows: behind } = await client.query<{ id: string }>(
    `UPDATE "PlaygroundRequest" SET "isBehind" = true, "isCancelled" = true WHERE id IN (
       SELECT "requestId" FROM "PlaygroundAnswer" WHERE "requestId" = ANY ($1) GROUP BY "requestId" HAVING sum(count) > ${MOST_UNREAD})
     RETURNING id, "runId"`,
    [ids],
  );
  await client.query(`DELETE FROM "PlaygroundAnswer" WHERE "requestId" = ANY ($1)`, [behind.map(({ id }) => id)]);
  await notify(
    client,
    ids.map((id) => `request:${id}` as const),
  );
}

/** A request as its client's server sees it. */
export interface AnsweredRequest {
  handedTo: string | null;
  isCancelled: boolean;
  isBehind: boolean;
  /** of the last batch that is among the chunks */
  sequence: number;
  /** what came after the batch that was asked for */
  chunks: PlaygroundChunk[];
}

/** Fetches what came after a batch, and removes what came until then; null where the request is gone. */
export async function fetchAnswers(db: Database, id: string, after: number): Promise<AnsweredRequest | null> {
  const { rows: requests } = await poolOf(db).query<Omit<AnsweredRequest, "sequence" | "chunks">>(
    `SELECT "handedTo", "isCancelled", "isBehind" FROM "PlaygroundRequest" WHERE id = $1`,
    [id],
  );
  const [request] = requests;
  if (!request) return null;
  await poolOf(db).query(`DELETE FROM "PlaygroundAnswer" WHERE "requestId" = $1 AND sequence <= $2`, [id, after]);
  const { rows } = await poolOf(db).query<{ sequence: number; chunks: string }>(
    `SELECT sequence, chunks FROM "PlaygroundAnswer" WHERE "requestId" = $1 AND sequence > $2 ORDER BY sequence`,
    [id, after],
  );
  return {
    ...request,
    sequence: rows.at(-1)?.sequence ?? after,
    chunks: rows.flatMap(({ chunks }) => JSON.parse(chunks) as PlaygroundChunk[]),
  };
}

import { UniArmError, type AttemptEvent, type BlobFile } from "@uniarm/core/schema";
import { inTransaction, type Client, type Database } from "../database.ts";
import { storeFront } from "../fronts/store.ts";
import { contentHash } from "../hash.ts";
import { newId } from "../id.ts";
import { storePoints, type Point } from "../metrics/store.ts";
import { appendEvents, type RunChange } from "../runs/events.ts";
import { runOf } from "./end.ts";
import { lockLiveAttempt, type LiveAttempt } from "./live.ts";
import { startAtFirst } from "./recorded-time.ts";

/**
 * Records a batch of an attempt's events, all or none of them. Events that were recorded before are skipped.
 * @returns number of the newest recorded event
 * @throws UniArmError attempt-stale, events-gap, blob-not-uploaded
 */
export async function recordEvents(db: Database, attemptId: string, events: readonly AttemptEvent[]): Promise<number> {
  return inTransaction(db, async (client) => {
    const runId = await runOf(client, attemptId);
    if (runId) await client.query(`SELECT 1 FROM "Run" WHERE id = $1 FOR UPDATE`, [runId]); // runs are locked before attempts
    const attempt = await lockLiveAttempt(client, attemptId);
    const fresh = events
      .filter(({ sequence }) => sequence > attempt.lastSequence)
      .toSorted((one, other) => one.sequence - other.sequence);
    const [first] = fresh;
    if (!first) return attempt.lastSequence;
    const last = fresh.at(-1)!.sequence;
    if (first.sequence !== attempt.lastSequence + 1 || last - first.sequence + 1 !== fresh.length)
      throw new UniArmError(
        "events-gap",
        `Attempt ${attempt.number} has events up to ${attempt.lastSequence}; ${first.sequence} to ${last} (${fresh.length}) do not follow. Send them from ${attempt.lastSequence + 1} on.`,
      );
    const changes = await store(client, attempt, fresh);
    await startAtFirst(client, attempt, fresh);
    await client.query(`UPDATE "Attempt" SET "lastSequence" = $2 WHERE id = $1`, [attemptId, last]);
    await appendEvents(client, attempt.runId, changes);
    return last;
  });
}

/** @returns what subscribers are told */
async function store(client: Client, attempt: LiveAttempt, events: readonly AttemptEvent[]): Promise<RunChange[]> {
  const changes: RunChange[] = [];
  const points: Point[] = [];
  let progress: Extract<RunChange, { type: "progress" }> | null = null;
  const logs: Extract<AttemptEvent, { type: "log" | "notice" }>[] = [];
  for (const event of events) {
    if (event.type === "metric")
      for (const [key, value] of Object.entries(event.values))
        points.push({ key, step: event.step, value, time: event.time });
    else if (event.type === "progress") {
      const { phase, done, total, unit } = event;
      progress = { type: "progress", data: { phase, done, total, unit } };
    } else if (event.type === "log" || event.type === "notice") logs.push(event);
    else if (event.type === "checkpoint") changes.push(await storeCheckpoint(client, attempt, event));
    else if (event.type === "provenance") changes.push(await storeProvenance(client, attempt, event));
    else if (event.type === "artifact") changes.push(await storeArtifact(client, attempt, event));
    else changes.push({ type: "front", data: await storeFront(client, attempt.runId, event) });
  }
  await storePoints(client, attempt.runId, attempt.number, points);
  await storeLogs(client, attempt, logs);
  if (progress)
    await client.query(`UPDATE "Run" SET progress = $2 WHERE id = $1`, [attempt.runId, JSON.stringify(progress.data)]);

  const keys = [...new Set(points.map(({ key }) => key))];
  const told: RunChange[] = [];
  if (points.length > 0)
    told.push({
      type: "metrics",
      data: { attempt: attempt.number, keys: keys.slice(0, 200), step: points.at(-1)!.step, count: points.length },
    });
  for (const event of logs)
    if (event.type === "notice") told.push({ type: "notice", data: { code: event.code, message: event.message } });
  if (logs.length > 0) told.push({ type: "log", data: { attempt: attempt.number, sequence: logs.at(-1)!.sequence } });
  if (progress) told.push(progress);
  return [...told, ...changes];
}

/** Notices are part of the log: what a person reads from top to bottom. */
async function storeLogs(
  client: Client,
  { runId, number }: LiveAttempt,
  logs: readonly Extract<AttemptEvent, { type: "log" | "notice" }>[],
): Promise<void> {
  if (logs.length === 0) return;
  // Postgres has no NUL in text
  const text = logs.map((event) =>
    (event.type === "log" ? event.text : `${event.message}\n`).replaceAll("\0", "\uFFFD"),
  );
  await client.query(
    `INSERT INTO "LogChunk" ("runId", attempt, sequence, stream, text, time)
     SELECT $1, $2, q, s, t, to_timestamp(m / 1000.0) FROM unnest($3::bigint[], $4::text[], $5::text[], $6::float8[]) AS l (q, s, t, m)`,
    [
      runId,
      number,
      logs.map(({ sequence }) => sequence),
      logs.map((event) => (event.type === "log" ? event.stream : "notice")),
      text,
      logs.map(({ time }) => time),
    ],
  );
}

const sizeOf = (files: readonly BlobFile[]): number => files.reduce((sum, { size }) => sum + size, 0);
const hashOf = (files: readonly BlobFile[]): string =>
  contentHash(files.map(({ path, sha256 }) => [path, sha256]).toSorted(([one], [other]) => (one! < other! ? -1 : 1)));

/** What an attempt says last of itself stands: it knows its engine only when it has opened one. */
async function storeProvenance(
  client: Client,
  { id, number }: LiveAttempt,
  { provenance }: Extract<AttemptEvent, { type: "provenance" }>,
): Promise<RunChange> {
  await client.query(`UPDATE "Attempt" SET provenance = $2 WHERE id = $1`, [id, JSON.stringify(provenance)]);
  return { type: "provenance", data: { attempt: number } };
}

async function storeCheckpoint(
  client: Client,
  attempt: LiveAttempt,
  { step, files }: Extract<AttemptEvent, { type: "checkpoint" }>,
): Promise<RunChange> {
  const { rows } = await client.query<{ id: string }>(
    `INSERT INTO "Checkpoint" (id, "runId", "attemptId", step, size, sha256) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT ("runId", step, "attemptId") DO UPDATE SET size = excluded.size, sha256 = excluded.sha256, "createdAt" = now() RETURNING id`,
    [newId(), attempt.runId, attempt.id, step, sizeOf(files), hashOf(files)],
  );
  const id = rows[0]!.id;
  await storeFiles(client, "checkpointId", id, files);
  return { type: "checkpoint", data: { id, step } };
}

async function storeArtifact(
  client: Client,
  { runId }: LiveAttempt,
  { name, count, files }: Extract<AttemptEvent, { type: "artifact" }>,
): Promise<RunChange> {
  const { rows } = await client.query<{ id: string }>(
    `INSERT INTO "Artifact" (id, "runId", name, count, size, sha256) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT ("runId", name) DO UPDATE SET count = excluded.count, size = excluded.size, sha256 = excluded.sha256, "createdAt" = now(), "deletedAt" = NULL
     RETURNING id`,
    [newId(), runId, name, count ?? null, sizeOf(files), hashOf(files)],
  );
  const id = rows[0]!.id;
  await storeFiles(client, "artifactId", id, files);
  return { type: "artifact", data: { id, name } };
}

/** Replaces the files of an owner. @throws UniArmError blob-not-uploaded */
export async function storeFiles(
  client: Client,
  owner: "checkpointId" | "artifactId" | "datasetId",
  id: string,
  files: readonly BlobFile[],
): Promise<void> {
  const hashes = files.map(({ sha256 }) => sha256);
  // the locked rows keep the collector of unused blobs away until the references are written
  const { rows } = await client.query<{ sha256: string }>(
    `UPDATE "Blob" SET "deletingAt" = NULL WHERE sha256 IN (SELECT sha256 FROM "Blob" WHERE sha256 = ANY ($1) ORDER BY sha256 FOR UPDATE) RETURNING sha256`,
    [hashes],
  );
  const known = new Set(rows.map(({ sha256 }) => sha256));
  const missing = files.find(({ sha256 }) => !known.has(sha256));
  if (missing)
    throw new UniArmError(
      "blob-not-uploaded",
      `The file ${missing.path} (${missing.sha256}) is not in the store. Upload it first.`,
    );
  await client.query(`DELETE FROM "StoredFile" WHERE "${owner}" = $1`, [id]);
  await client.query(
    `INSERT INTO "StoredFile" (id, "${owner}", path, sha256, size) SELECT i, $1, p, h, s FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[]) AS f (i, p, h, s)`,
    [id, files.map(() => newId()), files.map(({ path }) => path), hashes, files.map(({ size }) => size)],
  );
}

import { referencesIn, type Reference, type WorkKind } from "@uniarm/pipeline/schema";
import { bossIn, bossOf, inTransaction, poolOf, type Client, type Database } from "../database.ts";
import { newId } from "../id.ts";
import { resummarise } from "../metrics/store.ts";
import { appendEvents } from "../runs/events.ts";
import { ensureQueue, queueOf } from "../runs/queue.ts";
import { lockRun, setState, type RunRow } from "../runs/state.ts";

export interface Claim {
  workerId: string;
  host: string;
  launcher: string;
  labels: readonly string[];
  slotsFree: number;
  /** kinds that it does not run */
  cannotRun?: readonly string[];
  leaseSeconds: number;
  /** attempts that it knows of; another one of its own was handed out, but the answer did not arrive */
  known: readonly string[];
}

export interface StoredPath {
  path: string;
  sha256: string;
  size: number;
}

/** A run handed to a worker. */
export interface Assignment {
  attemptId: string;
  number: number;
  runId: string;
  kind: string;
  name: string;
  /** its name */
  project: string;
  config: unknown;
  slots: number;
  labels: string[];
  /** files by input, in the order of the producers */
  inputs: Record<string, StoredPath[][]>;
  datasets: Record<string, StoredPath[]>;
  checkpoints: Record<string, StoredPath[]>;
  /** the last checkpoint that an earlier attempt saved */
  resume: { checkpointId: string; step: number; files: StoredPath[] } | null;
}

/** Hands out the first waiting run that this worker can take, as a new attempt with a lease; null when there is none. */
export async function claim(db: Database, asked: Claim): Promise<Assignment | null> {
  const again = await unheard(db, asked);
  if (again) return again;
  for (const queue of await candidates(db, asked)) {
    if (queue.startsWith("playground")) await ensureQueue(db, queue); // one that a version before queued has none yet
    for (;;) {
      const taken = await inTransaction(db, (client) => claimFrom(db, client, queue, asked));
      if (taken === "empty") break;
      if (taken !== "stale") return taken;
    }
  }
  return null;
}

/** An attempt that this worker was given, but whose answer did not arrive. */
async function unheard(db: Database, { workerId, known, leaseSeconds }: Claim): Promise<Assignment | null> {
  return inTransaction(db, async (client) => {
    const { rows } = await client.query<{ id: string; number: number; runId: string }>(
      `UPDATE "Attempt" SET "leaseUntil" = now() + make_interval(secs => $3), "heartbeatAt" = now() WHERE id =
         (SELECT id FROM "Attempt" WHERE "workerId" = $1 AND "endedAt" IS NULL AND launcher <> 'recorded' AND id <> ALL ($2) ORDER BY "startedAt" LIMIT 1)
       RETURNING id, number, "runId"`,
      [workerId, known, leaseSeconds],
    );
    const [attempt] = rows;
    if (!attempt) return null;
    const run = await client.query<RunRow & { config: unknown }>(`SELECT * FROM "Run" WHERE id = $1`, [attempt.runId]);
    return assignmentOf(client, run.rows[0]!, attempt, await lastCheckpoint(client, attempt.runId));
  });
}

/** Queues that hold a run which this worker can take, urgent ones first. */
async function candidates(db: Database, { labels, slotsFree, cannotRun = [] }: Claim): Promise<string[]> {
  const { rows } = await poolOf(db).query<{ kind: string; labels: string[]; slots: number }>(
    `SELECT kind, labels, slots FROM "Run"
     WHERE state = 'QUEUED' AND "deletedAt" IS NULL AND labels <@ $1 AND slots <= $2 AND kind <> ALL ($3)
     GROUP BY kind, labels, slots ORDER BY max(priority) DESC, min("createdAt")`,
    [labels, slotsFree, cannotRun],
  );
  return [...new Set(rows.map(queueOf))];
}

async function claimFrom(
  db: Database,
  client: Client,
  queue: string,
  asked: Claim,
): Promise<Assignment | "empty" | "stale"> {
  const [job] = await bossOf(db).fetch<{ runId: string }>(queue, { batchSize: 1, ...bossIn(client) });
  if (!job) return "empty";
  // from here on the attempt's lease says who works on the run: the queue was delivery only
  await bossOf(db).deleteJob(queue, job.id, bossIn(client));
  const run = await lockRun(client, job.data.runId);
  if (run?.state !== "QUEUED" || run.desiredState !== "RUN") return "stale";
  if (asked.cannotRun?.includes(run.kind)) return "stale"; // queued by another version: it gets a job in its own queue
  return startAttempt(db, client, run, asked);
}

async function startAttempt(
  db: Database,
  client: Client,
  run: RunRow,
  { workerId, host, launcher, leaseSeconds }: Claim,
): Promise<Assignment> {
  const attemptId = newId();
  const number = run.attemptCount + 1;
  const resume = await lastCheckpoint(client, run.id);
  await client.query(
    `INSERT INTO "Attempt" (id, "runId", number, "workerId", host, launcher, "resumedFromId", "resumedFromStep", "heartbeatAt", "leaseUntil")
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now(), now() + make_interval(secs => $9))`,
    [
      attemptId,
      run.id,
      number,
      workerId,
      host,
      launcher,
      resume?.checkpointId ?? null,
      resume?.step ?? -1,
      leaseSeconds,
    ],
  );
  const { rows } = await client.query<{ config: unknown }>(
    `UPDATE "Run" SET "attemptCount" = $2 WHERE id = $1 RETURNING config`,
    [run.id, number],
  );
  const config = rows[0]!.config;
  if (number > 1) await resummarise(client, run.id);
  await setState(db, client, run, "RUNNING");
  await appendEvents(client, run.id, [
    { type: "attempt", data: { number, state: "RUNNING", reason: `on ${host}`, resumedFromStep: resume?.step ?? -1 } },
  ]);
  return assignmentOf(client, { ...run, config }, { id: attemptId, number }, resume);
}

async function assignmentOf(
  client: Client,
  run: RunRow & { config: unknown },
  attempt: { id: string; number: number },
  resume: Assignment["resume"],
): Promise<Assignment> {
  const { kind, name, config, slots, labels } = run;
  const references = referencesOf(kind, config);
  const projects = await client.query<{ name: string }>(`SELECT name FROM "Project" WHERE id = $1`, [run.projectId]);
  return {
    attemptId: attempt.id,
    number: attempt.number,
    runId: run.id,
    kind,
    name,
    project: projects.rows[0]!.name,
    config,
    slots,
    labels,
    inputs: await inputsOf(client, run.id),
    resume,
    datasets: await datasetsOf(client, run.projectId, references),
    checkpoints: await checkpointsOf(client, references),
  };
}

/** A config that was stored by another version may refer to what cannot be read: its job says so, the queue goes on. */
function referencesOf(kind: string, config: unknown): Reference[] {
  try {
    return referencesIn(kind as WorkKind, config);
  } catch {
    return [];
  }
}

async function lastCheckpoint(client: Client, runId: string): Promise<Assignment["resume"]> {
  const { rows } = await client.query<{ id: string; step: number }>(
    `SELECT c.id, c.step FROM "Checkpoint" c JOIN "Run" r ON r.id = c."runId"
     WHERE c."runId" = $1 AND c."deletedAt" IS NULL AND (r."restartedAt" IS NULL OR c."createdAt" > r."restartedAt")
     ORDER BY c."createdAt" DESC, c.step DESC LIMIT 1`,
    [runId],
  );
  const [checkpoint] = rows;
  if (!checkpoint) return null;
  return {
    checkpointId: checkpoint.id,
    step: checkpoint.step,
    files: await filesOf(client, "checkpointId", checkpoint.id),
  };
}

async function inputsOf(client: Client, runId: string): Promise<Assignment["inputs"]> {
  const { rows } = await client.query<{ input: string; artifactId: string }>(
    `SELECT i.input, a.id AS "artifactId" FROM "RunInput" i JOIN "Run" p ON p.id = i."producerId"
     JOIN "Artifact" a ON a."runId" = coalesce(p."cachedFromId", p.id) AND a.name = i.output
     WHERE i."runId" = $1 ORDER BY i.input, i.position`,
    [runId],
  );
  const inputs: Assignment["inputs"] = {};
  for (const { input, artifactId } of rows)
    (inputs[input] ??= []).push(await filesOf(client, "artifactId", artifactId));
  return inputs;
}

/** Uploaded datasets that a job refers to. */
async function datasetsOf(
  client: Client,
  projectId: string,
  references: readonly Reference[],
): Promise<Assignment["datasets"]> {
  const datasets: Assignment["datasets"] = {};
  for (const reference of references) {
    if (reference.type !== "dataset") continue;
    const { rows } = await client.query<{ id: string }>(
      `SELECT id FROM "Dataset" WHERE "projectId" = $1 AND (name = $2 OR id = $2) AND "deletedAt" IS NULL`,
      [projectId, reference.name],
    );
    if (rows[0]) datasets[reference.name] = await filesOf(client, "datasetId", rows[0].id);
  }
  return datasets;
}

/** Checkpoints of any run that a job refers to. */
async function checkpointsOf(client: Client, references: readonly Reference[]): Promise<Assignment["checkpoints"]> {
  const checkpoints: Assignment["checkpoints"] = {};
  for (const reference of references) {
    if (reference.type !== "checkpoint") continue;
    const { rows } = await client.query(`SELECT 1 FROM "Checkpoint" WHERE id = $1 AND "deletedAt" IS NULL`, [
      reference.id,
    ]);
    if (rows.length > 0) checkpoints[reference.id] = await filesOf(client, "checkpointId", reference.id);
  }
  return checkpoints;
}

async function filesOf(
  client: Client,
  owner: "checkpointId" | "artifactId" | "datasetId",
  id: string,
): Promise<StoredPath[]> {
  const { rows } = await client.query<StoredPath>(
    `SELECT path, sha256, size FROM "StoredFile" WHERE "${owner}" = $1 ORDER BY path`,
    [id],
  );
  return rows;
}

import { UniArmError, type LaunchedFrom } from "@uniarm/core/schema";
import type { JobKind, Plan, WorkKind } from "@uniarm/pipeline/schema";
import { inTransaction, type Client, type Database } from "../database.ts";
import { contentHash } from "../hash.ts";
import { newId } from "../id.ts";
import { freeName } from "./memorable-name.ts";
import { appendEvents } from "./events.ts";
import { ensureQueue, queueOf } from "./queue.ts";
import { hasEnded, lockRun, queueIfReady, setState, type RunRow } from "./state.ts";

/** What a run reads of another: the producer's output, as its own input. */
export interface NewInput {
  input: string;
  producerId: string;
  output: string;
}

/** What every launch may set. */
export interface Launched {
  projectId: string;
  groupId?: string | null | undefined;
  /** what a worker must offer */
  labels?: readonly string[] | undefined;
  slots?: number | undefined;
  priority?: number | undefined;
  maxAttempts?: number | undefined;
  tags?: readonly string[] | undefined;
  notes?: string | undefined;
  createdBy?: string | undefined;
  clonedFromId?: string | undefined;
  launchedFrom?: LaunchedFrom | undefined;
  /** take the outputs of a run with the same config and inputs, where there is one; default true */
  useCache?: boolean | undefined;
}

/** A run to be launched; its config has been parsed by its kind's schema. */
export interface NewRun extends Launched {
  /** absent: one of its own is made */
  name?: string | undefined;
  kind: WorkKind;
  config: unknown;
  inputs?: readonly NewInput[] | undefined;
}

/** A run as its row is made. */
export interface NewRow extends Launched {
  /** absent: one of its own is made */
  name?: string | undefined;
  kind: JobKind;
  config: unknown;
  inputHash: string;
  parentId?: string | undefined;
  position?: number | undefined;
}

/**
 * Launches a run: it waits for the runs it reads, then in its queue.
 * @returns its id
 * @throws UniArmError input-failed when a run that it reads has ended without outputs
 */
export async function launchRun(db: Database, run: NewRun): Promise<string> {
  await ensureQueue(db, queueOf({ kind: run.kind, labels: run.labels ?? [], slots: run.slots ?? 1 }));
  return inTransaction(db, async (client) => {
    const hashes = await lockProducers(client, run.inputs ?? []);
    return insertWork(db, client, run, hashes);
  });
}

/**
 * Launches a study: a parent run, and the jobs of its plan as children.
 * @returns the parent's id
 */
export async function launchStudy(
  db: Database,
  {
    plan: { config, nodes },
    ...launched
  }: Launched & { name?: string | undefined; plan: Pick<Plan, "config" | "nodes"> },
): Promise<string> {
  await ensureQueue(db, queueOf({ kind: "run", labels: launched.labels ?? [], slots: launched.slots ?? 1 }));
  return inTransaction(db, async (client) => {
    const inputHash = contentHash({ kind: "study", config });
    const parentId = await insertRun(client, { ...launched, kind: "study", config, inputHash });
    await setState(db, client, (await lockRun(client, parentId))!, "RUNNING");
    // its notes and tags are those of the parent alone
    const { notes: _, tags: __, name: ___, clonedFromId: ____, ...shared } = launched;
    await insertStudyRuns(db, client, parentId, nodes, shared);
    return parentId;
  });
}

/** Makes the runs of a study's graph, producers before consumers. */
export async function insertStudyRuns(
  db: Database,
  client: Client,
  parentId: string,
  nodes: Plan["nodes"],
  shared: Launched,
): Promise<void> {
  const made = new Map<string, { id: string; inputHash: string }>();
  for (const [position, node] of nodes.entries()) {
    const inputs = Object.entries(node.inputs).flatMap(([input, sources]) =>
      sources.map(({ node: producer, output }) => ({ input, output, producerId: made.get(producer)!.id })),
    );
    const hashes = new Map([...made.values()].map(({ id, inputHash: hash }) => [id, hash]));
    const child = { ...shared, kind: node.kind, name: node.name, config: node.config, inputs, parentId, position };
    const id = await insertWork(db, client, child, hashes);
    made.set(node.name, { id, inputHash: inputHashOf(child, hashes) });
  }
}

/** Inserts a run that does work, and begins it. */
async function insertWork(
  db: Database,
  client: Client,
  run: NewRun & Pick<NewRow, "parentId" | "position">,
  producerHashes: ReadonlyMap<string, string>,
): Promise<string> {
  const id = await insertWorkRow(client, run, producerHashes);
  await beginWork(db, client, (await lockRun(client, id))!);
  return id;
}

/** Inserts a run that does work, with what it reads, in state WAITING. @returns its id */
export async function insertWorkRow(
  client: Client,
  run: NewRun & Pick<NewRow, "parentId" | "position">,
  producerHashes: ReadonlyMap<string, string>,
): Promise<string> {
  const id = await insertRun(client, { ...run, inputHash: inputHashOf(run, producerHashes) });
  const positions = new Map<string, number>();
  for (const { input, producerId, output } of run.inputs ?? []) {
    const position = positions.get(input) ?? 0;
    positions.set(input, position + 1);
    await client.query(
      `INSERT INTO "RunInput" ("runId", input, position, "producerId", output) VALUES ($1, $2, $3, $4, $5)`,
      [id, input, position, producerId, output],
    );
  }
  return id;
}

/** Takes a waiting run's outputs from the cache, or queues it when its inputs exist. */
export async function beginWork(db: Database, client: Client, row: RunRow): Promise<void> {
  const { rows } = await client.query<{ inputHash: string; useCache: boolean }>(
    `SELECT "inputHash", "useCache" FROM "Run" WHERE id = $1`,
    [row.id],
  );
  const { inputHash, useCache } = rows[0]!;
  const source = useCache ? await cachedRun(client, row.projectId, inputHash, row.id) : null;
  if (source === null) return queueIfReady(db, client, row);
  await client.query(`UPDATE "Run" SET "cachedFromId" = $2 WHERE id = $1`, [row.id, source]);
  await setState(db, client, row, "SUCCEEDED", `taken from run ${source}, which has the same config and inputs`);
}

/** Inserts a row in state WAITING. @returns its id */
export async function insertRun(client: Client, run: NewRow): Promise<string> {
  const id = newId();
  const name = run.name ?? (await freeName(client, run.projectId, id));
  await client.query(
    `INSERT INTO "Run" (id, "projectId", "groupId", kind, name, state, config, "configHash", "inputHash", tags, notes, labels, slots,
       priority, "maxAttempts", "createdBy", "clonedFromId", "parentId", position, "launchedFrom", "useCache")
     VALUES ($1, $2, $3, $4, $5, 'WAITING', $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
    [
      id,
      run.projectId,
      run.groupId ?? null,
      run.kind,
      name,
      JSON.stringify(run.config),
      contentHash(run.config),
      run.inputHash,
      [...new Set(run.tags ?? [])],
      run.notes ?? "",
      [...new Set(run.labels ?? [])].sort(),
      run.slots ?? 1,
      run.priority ?? 0,
      run.maxAttempts ?? 4,
      run.createdBy ?? "",
      run.clonedFromId ?? null,
      run.parentId ?? null,
      run.position ?? 0,
      run.launchedFrom ? JSON.stringify(run.launchedFrom) : null,
      run.useCache ?? true,
    ],
  );
  await appendEvents(client, id, [{ type: "state", data: { state: "WAITING", reason: "" } }]);
  return id;
}

/** Equal hashes make equal outputs: it covers kind, config and what the inputs were made from; a path stands for its content. */
function inputHashOf(
  { kind, config, inputs = [] }: Pick<NewRun, "kind" | "config" | "inputs">,
  producerHashes: ReadonlyMap<string, string>,
): string {
  return contentHash({
    kind,
    config,
    inputs: inputs.map(({ input, producerId, output }) => [input, producerHashes.get(producerId), output]),
  });
}

/** Locks the runs that are read, so that the end of none is missed. @returns their input hashes by id */
export async function lockProducers(client: Client, inputs: readonly NewInput[]): Promise<Map<string, string>> {
  const { rows } = await client.query<{ id: string; name: string; state: "SUCCEEDED"; inputHash: string }>(
    `SELECT id, name, state, "inputHash" FROM "Run" WHERE id = ANY ($1) AND "deletedAt" IS NULL ORDER BY id FOR SHARE`,
    [inputs.map(({ producerId }) => producerId)],
  );
  for (const { producerId, output } of inputs) {
    const producer = rows.find(({ id }) => id === producerId);
    if (!producer)
      throw new UniArmError("run-missing", `There is no run ${producerId}. See those there are: uniarm runs ls`);
    if (hasEnded(producer.state) && producer.state !== "SUCCEEDED")
      throw new UniArmError(
        "input-failed",
        `Run ${producerId} (${producer.name}) ended ${String(producer.state)} and gives no ${output}. Resume it first: uniarm runs resume ${producerId}`,
      );
  }
  return new Map(rows.map(({ id, inputHash }) => [id, inputHash]));
}

/** A run whose outputs are those that this one would make, locked against its deletion. */
async function cachedRun(client: Client, projectId: string, inputHash: string, id: string): Promise<string | null> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT r.id FROM "Run" r WHERE r."projectId" = $1 AND r."inputHash" = $2 AND r.id <> $3 AND r.state = 'SUCCEEDED'
       AND r."deletedAt" IS NULL AND r."cachedFromId" IS NULL
       AND EXISTS (SELECT 1 FROM "Artifact" a WHERE a."runId" = r.id AND a."deletedAt" IS NULL)
     ORDER BY r."createdAt" LIMIT 1 FOR SHARE`,
    [projectId, inputHash, id],
  );
  return rows[0]?.id ?? null;
}

import { UniArmError } from "@uniarm/core/schema";
import { planLaunch, type PlannedRun } from "@uniarm/pipeline/schema";
import { inTransaction, poolOf, type Client, type Database } from "../database.ts";
import { contentHash } from "../hash.ts";
import {
  beginWork,
  insertRun,
  insertStudyRuns,
  insertWorkRow,
  lockProducers,
  type Launched,
  type NewInput,
} from "./launch.ts";
import { ensureQueue, queueOf } from "./queue.ts";
import { lockChildren, lockRun, queueIfReady, setState, type RunRow } from "./state.ts";

export interface NewSweep extends Launched {
  /** absent: one of its own is made */
  name?: string | undefined;
  config: unknown;
  children: readonly PlannedRun[];
  /** what each of its runs reads of other runs */
  inputs?: readonly NewInput[] | undefined;
}

/**
 * Launches a sweep: a parent run with its runs as children, of which as many are begun as its config says.
 * @returns the parent's id
 * @throws UniArmError input-pending: what its runs read has to be there, for they do not wait for it
 */
export async function launchSweep(
  db: Database,
  { config, children, inputs = [], ...launched }: NewSweep,
): Promise<string> {
  const needs = { labels: launched.labels ?? [], slots: launched.slots ?? 1 };
  for (const queue of new Set(["run", ...children.map(({ kind }) => kind)].map((kind) => queueOf({ kind, ...needs }))))
    await ensureQueue(db, queue);
  const id = await inTransaction(db, async (client) => {
    const hashes = await lockProducers(client, inputs);
    await refusePending(client, inputs);
    const parentId = await insertRun(client, {
      ...launched,
      kind: "sweep",
      config,
      inputHash: contentHash({ kind: "sweep", config }),
    });
    await setState(db, client, (await lockRun(client, parentId))!, "RUNNING");
    const { notes: _, tags: __, clonedFromId: ___, ...shared } = launched;
    for (const [position, { kind, name, config: own }] of children.entries()) {
      const child = { ...shared, name, config: own, parentId, position };
      if (kind === "study") {
        const inputHash = contentHash({ kind, config: own });
        await insertRun(client, { ...child, kind, inputHash });
      } else await insertWorkRow(client, { ...child, kind, inputs }, hashes);
    }
    return parentId;
  });
  await advanceSweeps(db);
  return id;
}

async function refusePending(client: Client, inputs: readonly NewInput[]): Promise<void> {
  const { rows } = await client.query<{ id: string; name: string; state: string }>(
    `SELECT id, name, state FROM "Run" WHERE id = ANY ($1) AND state <> 'SUCCEEDED' LIMIT 1`,
    [inputs.map(({ producerId }) => producerId)],
  );
  const [pending] = rows;
  if (pending)
    throw new UniArmError(
      "input-pending",
      `Run ${pending.name} (${pending.id}) is ${pending.state}: a sweep reads what is there already. Launch it when that run has succeeded.`,
    );
}

/** Begins runs of sweeps where fewer are at work than may be. Safe to call at any time, in any process. */
export async function advanceSweeps(db: Database): Promise<void> {
  const { rows } = await poolOf(db).query<{ id: string }>(
    `SELECT s.id FROM "Run" s WHERE s.kind = 'sweep' AND s.state = 'RUNNING' AND s."desiredState" = 'RUN' AND s."deletedAt" IS NULL
       AND EXISTS (SELECT 1 FROM "Run" c WHERE c."parentId" = s.id AND c.state = 'WAITING' AND c."deletedAt" IS NULL)
       AND (SELECT count(*) FROM "Run" c WHERE c."parentId" = s.id AND c.state IN ('QUEUED', 'RUNNING') AND c."deletedAt" IS NULL)
         < (s.config ->> 'parallel')::int`,
  );
  for (const { id } of rows) while (await inTransaction(db, (client) => beginOne(db, client, id)));
}

/** Begins the next run of a sweep; false where none may begin. One a transaction: the runs before it are at work meanwhile. */
async function beginOne(db: Database, client: Client, sweepId: string): Promise<boolean> {
  const sweep = await lockRun(client, sweepId);
  if (sweep?.state !== "RUNNING" || sweep.desiredState !== "RUN") return false;
  const children = await lockChildren(client, sweepId);
  const { rows } = await client.query<{ parallel: number }>(
    `SELECT (config ->> 'parallel')::int AS parallel FROM "Run" WHERE id = $1`,
    [sweepId],
  );
  const live = children.filter(({ state }) => state === "QUEUED" || state === "RUNNING").length;
  const next = children.find(({ state, desiredState }) => state === "WAITING" && desiredState === "RUN");
  if (!next || live >= rows[0]!.parallel) return false;
  if (next.kind === "study") await beginStudy(db, client, next);
  else await beginWork(db, client, next);
  return true;
}

/** The runs of a study inside of a sweep are made when it begins; one that was resumed has them. */
async function beginStudy(db: Database, client: Client, study: RunRow): Promise<void> {
  await setState(db, client, study, "RUNNING");
  const inside = await lockChildren(client, study.id);
  for (const run of inside) if (run.state === "WAITING") await queueIfReady(db, client, run);
  if (inside.length > 0) return;
  const { rows } = await client.query<Launched & { config: unknown }>(
    `SELECT config, "projectId", "groupId", labels, slots, priority, "maxAttempts", "createdBy", "launchedFrom", "useCache" FROM "Run" WHERE id = $1`,
    [study.id],
  );
  const { config, ...shared } = rows[0]!;
  await insertStudyRuns(db, client, study.id, planLaunch("study", config).nodes, shared);
}

import { UniArmError } from "@uniarm/core/schema";
import { isParentKind, isRecorded, type Plan } from "@uniarm/pipeline/schema";
import { inTransaction, prismaOf, type Client, type Database } from "../database.ts";
import { appendEvents } from "./events.ts";
import { launchStudy, launchRun } from "./launch.ts";
import { advanceSweeps, launchSweep } from "./launch-sweep.ts";
import { ensureQueue, queueOf } from "./queue.ts";
import { hasEnded, lockInside, lockRun, queueIfReady, setState, type RunRow } from "./state.ts";

/** Asks a run and all its children to stop. Those that wait are cancelled at once; those that run are told with their next heartbeat. */
export async function cancelRun(db: Database, id: string): Promise<void> {
  await inTransaction(db, async (client) => {
    const run = await locked(client, id);
    if (hasEnded(run.state)) return;
    await desire(client, run, "CANCEL");
    const inside = await lockInside(client, id);
    for (const child of inside) if (!hasEnded(child.state)) await desire(client, child, "CANCEL");
    for (const { id: childId } of inside) {
      const child = (await lockRun(client, childId))!; // the end of an earlier one may have ended it
      if (isIdle(child)) await setState(db, client, child, "CANCELLED", "cancelled");
    }
    if (isIdle(run)) await setState(db, client, run, "CANCELLED", "cancelled");
  });
}

/** Nobody works on it. */
const isIdle = ({ state }: RunRow): boolean => state === "WAITING" || state === "QUEUED";

/**
 * Resumes an ended run from its last checkpoint, or with `startOver` from the beginning. Of a study, every run that has
 * not succeeded is resumed; after a run inside a study, also those that were given up because of it.
 * @throws UniArmError run-not-ended, run-succeeded, run-recorded
 */
export async function resumeRun(db: Database, id: string, { startOver = false } = {}): Promise<void> {
  await ensureQueueOf(db, id);
  await inTransaction(db, async (client) => {
    const run = await locked(client, id);
    if (isRecorded(run.kind)) throw recordedError(run);
    if (!hasEnded(run.state))
      throw new UniArmError(
        "run-not-ended",
        `Run ${run.name} is ${run.state}${run.desiredState === "CANCEL" ? " and about to be cancelled" : ""}; it can ${startOver ? "start over" : "be resumed"} when it has ended.`,
      );
    if (run.state === "SUCCEEDED" && !startOver)
      throw new UniArmError(
        "run-succeeded",
        `Run ${run.name} has succeeded: there is nothing left to do. To do it again: uniarm runs retry ${id}`,
      );
    const isParent = isParentKind(run.kind);
    if (!isParent) await refuseWithoutInputs(client, run);
    if (run.parentId !== null) await reopenParent(db, client, run.parentId);
    const again = isParent ? await lockInside(client, id) : await withGivenUp(client, run);
    const chosen = again.filter(({ state }) => startOver || state !== "SUCCEEDED");
    if (isParent) await reopen(db, client, run, "RUNNING", startOver);
    for (const one of chosen) await reopen(db, client, one, "WAITING", startOver);
    // a sweep begins its runs by itself, so many at once
    if (run.kind !== "sweep") for (const one of chosen) await queueIfReady(db, client, one);
  });
  await advanceSweeps(db);
}

/** Makes an ended run wait, or run, again. */
async function reopen(
  db: Database,
  client: Client,
  run: RunRow,
  state: "RUNNING" | "WAITING",
  startOver: boolean,
): Promise<void> {
  await client.query(
    `UPDATE "Run" SET "resumedAt" = clock_timestamp(), "restartedAt" = CASE WHEN $2 THEN clock_timestamp() ELSE "restartedAt" END,
       "cachedFromId" = CASE WHEN $2 THEN NULL ELSE "cachedFromId" END, progress = CASE WHEN $2 THEN NULL ELSE progress END WHERE id = $1`,
    [run.id, startOver],
  );
  if (run.desiredState !== "RUN") await desire(client, run, "RUN");
  await setState(db, client, run, state, startOver ? "started over" : "resumed");
}

async function reopenParent(db: Database, client: Client, parentId: string): Promise<void> {
  const parent = await lockRun(client, parentId);
  if (!parent || !hasEnded(parent.state)) return;
  if (parent.parentId !== null) await reopenParent(db, client, parent.parentId);
  await reopen(db, client, parent, "RUNNING", false);
}

/** The run, and those after it that were cancelled because of it, not because somebody asked. */
async function withGivenUp(client: Client, run: RunRow): Promise<RunRow[]> {
  const { rows } = await client.query<{ id: string }>(
    `WITH RECURSIVE after AS (
       SELECT "runId" AS id FROM "RunInput" WHERE "producerId" = $1
       UNION SELECT i."runId" FROM "RunInput" i JOIN after a ON a.id = i."producerId"
     )
     SELECT r.id FROM "Run" r JOIN after a ON a.id = r.id
     WHERE r.state = 'CANCELLED' AND r."desiredState" = 'RUN' AND r."deletedAt" IS NULL ORDER BY r.position, r.id`,
    [run.id],
  );
  const found = [run];
  for (const { id } of rows) {
    const one = await lockRun(client, id);
    if (one) found.push(one);
  }
  return found;
}

/** A run whose inputs will never be made would wait for ever. */
async function refuseWithoutInputs(client: Client, run: RunRow): Promise<void> {
  const { rows } = await client.query<{ id: string; name: string; state: string }>(
    `SELECT p.id, p.name, p.state FROM "RunInput" i JOIN "Run" p ON p.id = i."producerId"
     WHERE i."runId" = $1 AND p.state IN ('FAILED', 'CANCELLED') ORDER BY i.input, i.position LIMIT 1`,
    [run.id],
  );
  const [producer] = rows;
  if (!producer) return;
  throw new UniArmError(
    "input-failed",
    `Run ${run.name} reads run ${producer.name}, which ended ${producer.state}. Resume that first: uniarm runs resume ${producer.id}`,
  );
}

async function ensureQueueOf(db: Database, id: string): Promise<void> {
  const runs = await prismaOf(db).run.findMany({
    where: { OR: [{ id }, { parentId: id }, { parent: { parentId: id } }] },
    select: { kind: true, labels: true, slots: true },
  });
  for (const queue of new Set(runs.map(queueOf))) await ensureQueue(db, queue);
}

async function desire(client: Client, run: RunRow, desiredState: RunRow["desiredState"]): Promise<void> {
  await client.query(`UPDATE "Run" SET "desiredState" = $2::"DesiredState" WHERE id = $1`, [run.id, desiredState]);
  run.desiredState = desiredState;
  await appendEvents(client, run.id, [{ type: "desired", data: { desiredState } }]);
}

async function locked(client: Client, id: string): Promise<RunRow> {
  const run = await lockRun(client, id);
  if (!run) throw new UniArmError("run-missing", `There is no run ${id}. See those there are: uniarm runs ls`);
  return run;
}

const recordedError = ({ name }: Pick<RunRow, "name">): UniArmError =>
  new UniArmError(
    "run-recorded",
    `Run ${name} was recorded, not launched here. Resume it where it ran: uniarm demo --resume FOLDER`,
  );

export interface Clone {
  /** what the new config comes to; of the source's kind */
  plan: Plan;
  name?: string | undefined;
  createdBy: string;
}

/** Launches a run like another, with another config. @returns its id. @throws UniArmError run-missing, run-recorded */
export async function cloneRun(db: Database, sourceId: string, { plan, name, createdBy }: Clone): Promise<string> {
  const source = await prismaOf(db).run.findFirst({
    where: { id: sourceId, deletedAt: null },
    include: { dependsOn: { orderBy: [{ input: "asc" }, { position: "asc" }] } },
  });
  if (!source) throw new UniArmError("run-missing", `There is no run ${sourceId}. See those there are: uniarm runs ls`);
  if (isRecorded(source.kind)) throw recordedError(source);
  const { projectId, groupId, labels, slots, priority, maxAttempts, tags } = source;
  const like = {
    projectId,
    labels,
    slots,
    priority,
    maxAttempts,
    tags,
    createdBy,
    clonedFromId: sourceId,
    groupId: groupId ?? undefined,
    name: name ?? source.name,
  };
  if (plan.kind === "study") return launchStudy(db, { ...like, plan });
  if (plan.kind === "sweep") {
    const first = await prismaOf(db).run.findFirst({
      where: { parentId: sourceId },
      orderBy: { position: "asc" },
      select: { dependsOn: true },
    });
    return launchSweep(db, { ...like, config: plan.config, children: plan.children, inputs: first?.dependsOn ?? [] });
  }
  const inputs = source.dependsOn.map(({ input, producerId, output }) => ({ input, producerId, output }));
  return launchRun(db, { ...like, kind: plan.kind, config: plan.config, inputs });
}

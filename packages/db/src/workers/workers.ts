import { UniArmError } from "@uniarm/core/schema";
import { inTransaction, poolOf, prismaOf, type Client, type Database } from "../database.ts";
import { loseAttempt } from "../attempts/reconcile.ts";

export interface WorkerHello {
  id: string;
  name: string;
  host: string;
  version: string;
  labels: readonly string[];
  slots: number;
  /** kinds of runs that it does not take */
  cannotRun?: readonly string[];
  /** how it runs them */
  launcher?: string;
  /** what its jobs ask for where they run; content is its schema's */
  offer?: unknown;
  /** why it takes no runs at the moment; empty: it does */
  problem: string;
}

/** A process whose place another one takes. */
export interface Replaced {
  id: string;
  /** its end was seen on its own machine; else only its silence says that it is dead */
  proven: boolean;
}

export interface Greeting {
  leaseSeconds: number;
  /** attempts that it still works on, also those of workers that it replaces */
  alive?: readonly string[];
  replaces?: readonly Replaced[];
  /** how long the server has been there to hear others */
  servingSeconds?: number;
}

/**
 * A worker has started, or says that it is there still. Attempts in `alive` are its own from here on; others of those it replaces, and of its own, are lost.
 * @returns the name under which it is shown: those of live workers differ
 * @throws UniArmError worker-alive: one that it would replace was heard of within a lease; worker-ended: another process replaced it
 */
export async function helloWorker(
  db: Database,
  { labels, ...worker }: WorkerHello,
  { leaseSeconds, alive = [], replaces = [], servingSeconds = 0 }: Greeting,
): Promise<{ name: string }> {
  const others = replaces.filter(({ id }) => id !== worker.id);
  const name = await inTransaction(db, async (client) => {
    await client.query(`SELECT pg_advisory_xact_lock(hashtext('workers'))`); // two may take one place, or one name
    for (const replaced of others) await endReplaced(client, replaced, { leaseSeconds, servingSeconds });
    const { rows } = await client.query<{ name: string }>(
      `INSERT INTO "Worker" (id, name, host, version, labels, slots, problem, "cannotRun", launcher, offer, "startedAt", "seenAt") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now(), now())
       ON CONFLICT (id) DO UPDATE SET host = excluded.host, version = excluded.version, labels = excluded.labels,
         slots = excluded.slots, "cannotRun" = excluded."cannotRun", launcher = excluded.launcher, offer = excluded.offer, problem = excluded.problem, "seenAt" = now(), "drainingAt" = NULL WHERE "Worker"."endedAt" IS NULL RETURNING name`,
      [
        worker.id,
        await freeName(client, worker, leaseSeconds),
        worker.host,
        worker.version,
        [...labels],
        worker.slots,
        worker.problem,
        worker.cannotRun ?? [],
        worker.launcher ?? "",
        worker.offer == null ? null : JSON.stringify(worker.offer),
      ],
    );
    if (!rows[0]) throw endedError(worker.id);
    await client.query(
      `UPDATE "Attempt" SET "workerId" = $1, "heartbeatAt" = now(), "leaseUntil" = greatest("leaseUntil", now() + make_interval(secs => $4))
       WHERE id = ANY ($2) AND "workerId" = ANY ($3) AND "endedAt" IS NULL`,
      [worker.id, alive, others.map(({ id }) => id), leaseSeconds],
    );
    return rows[0].name;
  });
  for (const { id } of others) await loseAttempts(db, id, [], "its worker was restarted");
  await loseAttempts(db, worker.id, alive, "its worker was restarted");
  return { name };
}

const endedError = (id: string): UniArmError =>
  new UniArmError(
    "worker-ended",
    `Worker ${id} counts as ended: it said goodbye, or was silent for longer than a lease and another process took its place. It must begin anew.`,
  );

async function endReplaced(
  client: Client,
  { id, proven }: Replaced,
  { leaseSeconds, servingSeconds }: { leaseSeconds: number; servingSeconds: number },
): Promise<void> {
  const { rows } = await client.query<{ isSilent: boolean; host: string }>(
    // attempts that live: the server itself was away, and waits for their workers to be heard again; or they outlive theirs
    `SELECT "endedAt" IS NOT NULL OR ("seenAt" < now() - make_interval(secs => $2)
       AND ($3 OR NOT EXISTS (SELECT 1 FROM "Attempt" WHERE "workerId" = $1 AND "endedAt" IS NULL AND launcher <> 'recorded'))) AS "isSilent", host
     FROM "Worker" WHERE id = $1`,
    [id, leaseSeconds, servingSeconds > 2 * leaseSeconds],
  );
  const [known] = rows;
  // one that this server never heard of may work for another server
  if (!proven && !known?.isSilent)
    throw new UniArmError(
      "worker-alive",
      `The place is held by worker ${id}${known ? ` on ${known.host}, which was heard of within ${leaseSeconds} s` : ", which this server does not know"}. Take another one.`,
    );
  await client.query(`UPDATE "Worker" SET "endedAt" = coalesce("endedAt", now()) WHERE id = $1`, [id]);
}

/** Several workers of one machine have one name: they are told apart by a number. */
async function freeName(client: Client, { id, name }: Pick<WorkerHello, "id" | "name">, leaseSeconds: number) {
  const { rows } = await client.query<{ name: string }>(
    `SELECT name FROM "Worker" WHERE id <> $1 AND "endedAt" IS NULL AND "seenAt" > now() - make_interval(secs => $2)`,
    [id, leaseSeconds],
  );
  const taken = new Set(rows.map((row) => row.name));
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name} ${number}`;
  return free;
}

/** Attempts of a worker that nobody works on any more. */
async function loseAttempts(db: Database, workerId: string, alive: readonly string[], reason: string): Promise<void> {
  const left = await prismaOf(db).attempt.findMany({
    where: { workerId, endedAt: null, launcher: { not: "recorded" }, id: { notIn: [...alive] } },
    select: { id: true },
  });
  for (const { id } of left) await loseAttempt(db, id, reason);
}

/** A worker has stopped: its attempts are lost. */
export async function goodbyeWorker(db: Database, workerId: string, reason: string): Promise<void> {
  await prismaOf(db).worker.updateMany({ where: { id: workerId, endedAt: null }, data: { endedAt: new Date() } });
  await loseAttempts(db, workerId, [], reason);
}

export async function seenWorker(
  db: Database,
  id: string,
  { draining, problem }: { draining: boolean; problem: string },
): Promise<void> {
  await poolOf(db).query(
    `UPDATE "Worker" SET "seenAt" = now(), problem = $3, "drainingAt" = CASE WHEN $2 THEN coalesce("drainingAt", now()) ELSE "drainingAt" END WHERE id = $1`,
    [id, draining, problem],
  );
}

/** The version of a worker that may be given runs. @throws UniArmError worker-ended, also for one that never said hello */
export async function workerVersion(db: Database, id: string): Promise<string> {
  const worker = await prismaOf(db).worker.findFirst({ where: { id, endedAt: null }, select: { version: true } });
  if (!worker) throw endedError(id);
  return worker.version;
}

/** Workers that were active within the last minute, with the runs that they work on. */
export async function listWorkers(db: Database) {
  const workers = await prismaOf(db).worker.findMany({
    where: { seenAt: { gt: new Date(Date.now() - 60_000) }, endedAt: null },
    orderBy: { name: "asc" },
  });
  const attempts = await prismaOf(db).attempt.findMany({
    where: { endedAt: null, workerId: { in: workers.map(({ id }) => id) } },
    select: { id: true, workerId: true, run: { select: { id: true, name: true, kind: true, slots: true } } },
  });
  return workers.map((worker) => ({
    ...worker,
    running: attempts.filter(({ workerId }) => workerId === worker.id).map(({ run }) => run),
  }));
}

const FORGOTTEN_DAYS = 30;

/** Removes workers that have been gone for long: each start of one is a row. */
export async function forgetWorkers(db: Database): Promise<void> {
  const before = new Date(Date.now() - FORGOTTEN_DAYS * 86_400_000);
  await prismaOf(db).worker.deleteMany({ where: { seenAt: { lt: before } } });
}

import { prismaOf, type Database } from "../database.ts";
import { loseAttempt } from "../attempts/reconcile.ts";

export interface WorkerHello {
  id: string;
  name: string;
  host: string;
  version: string;
  labels: readonly string[];
  slots: number;
}

/** A worker has started. Attempts of its earlier process are lost, unless they are in `alive`. */
export async function helloWorker(
  db: Database,
  { labels, ...worker }: WorkerHello,
  alive: readonly string[] = [],
): Promise<void> {
  const fields = { ...worker, labels: [...labels], seenAt: new Date(), drainingAt: null };
  await prismaOf(db).worker.upsert({
    where: { id: worker.id },
    create: fields,
    update: { ...fields, startedAt: new Date() },
  });
  await goodbyeWorker(db, worker.id, alive, "its worker was restarted");
}

/** A worker has stopped: its attempts are lost, unless they are in `alive`. */
export async function goodbyeWorker(
  db: Database,
  workerId: string,
  alive: readonly string[],
  reason: string,
): Promise<void> {
  const left = await prismaOf(db).attempt.findMany({
    where: { workerId, endedAt: null, launcher: { not: "recorded" }, id: { notIn: [...alive] } },
    select: { id: true },
  });
  for (const { id } of left) await loseAttempt(db, id, reason);
}

export async function seenWorker(db: Database, id: string, draining: boolean): Promise<void> {
  const now = new Date();
  await prismaOf(db).worker.updateMany({
    where: { id },
    data: { seenAt: now, ...(draining ? { drainingAt: now } : {}) },
  });
}

/** Workers that were active within the last minute, with the runs that they work on. */
export async function listWorkers(db: Database) {
  const workers = await prismaOf(db).worker.findMany({
    where: { seenAt: { gt: new Date(Date.now() - 60_000) } },
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

import { bossOf, type Database } from "../database.ts";

const QUEUE = "housekeeping";
const HOURLY = "17 * * * *";

/** Does `work` once an hour in one of the processes that share the database, and again where it fails. */
export async function scheduleHourly(db: Database, work: () => Promise<void>): Promise<void> {
  const boss = bossOf(db);
  if (!(await boss.getQueue(QUEUE))) await boss.createQueue(QUEUE, { retryLimit: 2, expireInSeconds: 3600 });
  await boss.work(QUEUE, work);
  await boss.schedule(QUEUE, HOURLY);
}

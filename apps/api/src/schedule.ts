import {
  advanceSweeps,
  applyRetention,
  collectBlobs,
  forgetDeliveries,
  forgetPlaygrounds,
  forgetWorkers,
  pingDatabase,
  purgeRuns,
  reconcile,
  removeExpiredSessions,
  scheduleHourly,
} from "@uniarm/db";
import type { Services } from "./context.ts";

const RECONCILE_MS = 3000;
/** An upload that began so long ago was given up. */
const GIVEN_UP_MS = 24 * 3600 * 1000;

/** Starts what the server does by itself: every few seconds it looks for lost attempts, once an hour it removes what was deleted or need not be kept. Returns a function that stops it. */
export async function startSchedule(services: Services): Promise<() => void> {
  const { db, log, settings } = services;
  let running = false;
  /** since when heartbeats could be answered */
  let servingSince = Date.now();
  let lookedAt = Date.now();
  const look = async (): Promise<void> => {
    if (running) return;
    running = true;
    try {
      await pingDatabase(db);
      await advanceSweeps(db);
      await services.localKey?.renewIfRevoked();
      const now = Date.now();
      // after a pause of the server or of the database, workers have the time of a lease to be heard again
      if (now - lookedAt > 3 * RECONCILE_MS) servingSince = now;
      lookedAt = now;
      if (now - servingSince < settings.leaseSeconds * 1000) return;
      const { lost, requeued } = await reconcile(db);
      if (lost + requeued > 0) log.warn({ lost, requeued }, "runs without a worker went back to the queue");
    } catch (error) {
      log.warn({ err: error }, "the database does not answer");
    } finally {
      running = false;
    }
  };
  const timer = setInterval(() => void look(), RECONCILE_MS);

  await scheduleHourly(db, async () => {
    const { checkpoints } = await applyRetention(db);
    const runs = await purgeRuns(db, { olderThanSeconds: settings.restoreSeconds });
    const { blobs, bytes } = await collectBlobs(db, services.store);
    await services.store.sweep(GIVEN_UP_MS);
    await removeExpiredSessions(db);
    await forgetWorkers(db);
    await forgetDeliveries(db);
    await forgetPlaygrounds(db);
    log.info({ checkpoints, runs, blobs, bytes }, "cleaned up");
  });
  return () => clearInterval(timer);
}

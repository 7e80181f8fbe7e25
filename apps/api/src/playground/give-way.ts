import { arePlaygroundsHeld, heldSlots, releasePlayground } from "@uniarm/db";
import type { Services } from "../context.ts";

const LOOK_MS = 2000;
/** A playground that was asked something so lately is in use. */
const IN_USE_SECONDS = 10;

/**
 * A playground keeps its model loaded for minutes, and a slot with it. Where a run waits for that slot, the playground that was
 * not asked for longest ends; the next question opens it again. Returns a function that stops looking.
 */
export function startGivingWay({ db, log }: Pick<Services, "db" | "log">): () => void {
  let waited = new Set<string>(); // a run that a worker is about to take is waiting, too: once is no wait
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    try {
      if (!(await arePlaygroundsHeld(db))) return;
      const held = await heldSlots(db);
      const first = held.find(({ runId }) => waited.has(runId));
      waited = new Set(held.map(({ runId }) => runId));
      const released = first && (await releasePlayground(db, first.playgrounds, IN_USE_SECONDS));
      if (released) log.info({ playground: released, run: first.runId }, "a playground gives its slot to a run");
    } catch (error) {
      log.debug({ err: error }, "the database does not answer");
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(() => void look(), LOOK_MS);
  return () => clearInterval(timer);
}

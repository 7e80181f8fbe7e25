import { setTimeout as sleep } from "node:timers/promises";
import type { Listener } from "@uniarm/db";

type Topic = Parameters<Listener["on"]>[0];

/** A notice may be lost with its connection: so often `read` is called without one. */
const LOOK_ANYWAY_MS = 15_000;
const RETRY_MS = 1000;

/** Yields what `read` finds, now and at each notice of the topic, until the signal. Errors of the database are waited out: clients do not reopen a stream that ended. */
export async function* follow<T>(
  {
    listener,
    topic,
    signal,
    onError,
  }: { listener: Listener; topic: Topic; signal: AbortSignal; onError: (error: unknown) => void },
  read: () => Promise<T[]>,
): AsyncGenerator<T> {
  let due = true;
  let wake = (): void => undefined;
  const off = listener.on(topic, () => {
    due = true;
    wake();
  });
  const stop = (): void => wake();
  signal.addEventListener("abort", stop);
  try {
    while (!signal.aborted) {
      if (!due) {
        let timer: NodeJS.Timeout | undefined;
        await new Promise<void>((done) => {
          wake = done;
          timer = setTimeout(done, LOOK_ANYWAY_MS);
        });
        clearTimeout(timer);
        if (signal.aborted) return;
      }
      due = false;
      try {
        const found = await read();
        if (found.length > 0) due = true; // there may be more
        yield* found;
      } catch (error) {
        onError(error);
        due = true;
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  } finally {
    off();
    signal.removeEventListener("abort", stop);
  }
}

import { setTimeout as sleep } from "node:timers/promises";
import type { Listener } from "@uniarm/db";

/** What is read again at each notice of its topic. */
export interface Source<T> {
  topic: Parameters<Listener["on"]>[0];
  read: () => Promise<T[]>;
}

/** A notice may be lost with its connection: so often everything is read without one. */
const LOOK_ANYWAY_MS = 15_000;
const RETRY_MS = 1000;

/** Yields what sources have, now and at each notice, until the signal. Errors of the database are waited out: clients do not reopen a stream that ended. */
export async function* follow<T>(
  { listener, signal, onError }: { listener: Listener; signal: AbortSignal; onError: (error: unknown) => void },
  sources: readonly Source<T>[],
): AsyncGenerator<T> {
  const due = new Set(sources);
  let wake = (): void => undefined;
  const offs = sources.map((source) =>
    listener.on(source.topic, () => {
      due.add(source);
      wake();
    }),
  );
  const stop = (): void => wake();
  signal.addEventListener("abort", stop);
  try {
    while (!signal.aborted) {
      const [source] = due;
      if (!source) {
        let timer: NodeJS.Timeout | undefined;
        await new Promise<void>((done) => {
          wake = done;
          timer = setTimeout(() => {
            sources.forEach((one) => due.add(one));
            done();
          }, LOOK_ANYWAY_MS);
        });
        clearTimeout(timer);
        continue;
      }
      due.delete(source);
      try {
        const found = await source.read();
        if (found.length > 0) due.add(source); // there may be more
        yield* found;
      } catch (error) {
        onError(error);
        due.add(source);
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  } finally {
    offs.forEach((off) => off());
    signal.removeEventListener("abort", stop);
  }
}

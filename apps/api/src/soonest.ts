import type { Listener } from "@uniarm/db";

/** What comes due without a notice is found by looking anyway. */
const LOOK_ANYWAY_MS = 2000;

export interface Waiting {
  listener: Listener;
  topic: Parameters<Listener["on"]>[0];
  waitMs: number;
  signal: AbortSignal | undefined;
}

/** What `look` finds, now or at a notice of the topic; null where there is nothing within the time, or nobody waits any more. */
export async function soonest<T>(
  { listener, topic, waitMs, signal }: Waiting,
  look: () => Promise<T | null>,
): Promise<T | null> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    let wake = (): void => undefined;
    const woken = new Promise<void>((done) => {
      wake = done;
    });
    const off = listener.on(topic, wake); // before the first look, so that nothing is missed
    try {
      if (signal?.aborted) return null;
      const found = await look();
      const left = deadline - Date.now();
      if (found !== null || left <= 0 || signal?.aborted) return found;
      const timer = setTimeout(wake, Math.min(left, LOOK_ANYWAY_MS));
      signal?.addEventListener("abort", wake);
      await woken;
      clearTimeout(timer);
      signal?.removeEventListener("abort", wake);
    } finally {
      off();
    }
  }
}

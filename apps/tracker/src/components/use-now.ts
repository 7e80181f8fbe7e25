import { useSyncExternalStore } from "react";

/** One clock for all times of a page: hundreds of rows tick together, and none holds a timer of its own. */
const TICK_MS = 1000;

let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) now = Date.now(); // no component used it for a while
  timer ??= setInterval(() => {
    now = Date.now();
    listeners.forEach((tell) => tell());
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** What is computed from the time; it changes only when the result does: `useNow((now) => relativeTime(time, now))`. */
export const useNow = (read: (now: number) => string): string => useSyncExternalStore(subscribe, () => read(now));

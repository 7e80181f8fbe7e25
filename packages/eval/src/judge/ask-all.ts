/**
 * Runs work on all items, at most `concurrency` at a time, and yields each item with its result as it comes. Aborted, or when
 * one fails, no more are begun and those that have begun are waited for; then the failure is thrown. After an abort it just
 * ends.
 * @param work gets a signal that is aborted in both cases, and may throw its reason
 */
export async function* askAll<Item, Result>(
  items: Iterable<Item>,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
  { concurrency, signal }: { concurrency: number; signal: AbortSignal },
): AsyncGenerator<[Item, Result]> {
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const running = new Set<Promise<void>>();
  const finished: [Item, Result][] = [];
  const failures: unknown[] = [];
  const begin = (item: Item): void => {
    const one = work(item, stop)
      .then(
        (result) => {
          finished.push([item, result]);
        },
        (error: unknown) => {
          if (error !== stop.reason) failures.push(error);
          failed.abort();
        },
      )
      .then(() => {
        running.delete(one);
      });
    running.add(one);
  };
  try {
    for (const item of items) {
      if (stop.aborted) break;
      begin(item);
      if (running.size >= concurrency) await Promise.race(running);
      yield* finished.splice(0);
    }
    while (running.size > 0) {
      await Promise.race(running);
      yield* finished.splice(0);
    }
  } finally {
    failed.abort(); // a reader that stops early waits for what has begun, too
    await Promise.all(running);
  }
  yield* finished.splice(0);
  if (failures.length > 0) throw failures[0];
}

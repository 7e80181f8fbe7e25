import type { Client } from "./open-client.ts";
import type { Run, RunChange } from "./types.ts";

const ENDED: ReadonlySet<string> = new Set(["SUCCEEDED", "FAILED", "CANCELLED"]);

export const hasEnded = ({ state }: Pick<Run, "state">): boolean => ENDED.has(state);

export interface FollowOptions {
  /** stops following; no error */
  signal?: AbortSignal;
  /** number of the last change that is known already */
  after?: number;
}

/**
 * What happens to a run, from its first change on, until it has ended or the signal. A server that goes away is waited for.
 * @throws TRPCClientError when the server refuses
 */
export async function* followRun(
  { api }: Pick<Client, "api">,
  id: string,
  { signal = new AbortController().signal, after = 0 }: FollowOptions = {},
): AsyncGenerator<RunChange, void> {
  const waiting: RunChange[] = [];
  const failures: unknown[] = [];
  let wake = (): void => undefined;
  const subscription = api.runs.changes.subscribe(
    { id, lastEventId: after },
    {
      onData: ({ data }) => {
        waiting.push(data);
        wake();
      },
      onError: (error) => {
        failures.push(error);
        wake();
      },
    },
  );
  const stop = (): void => wake();
  signal.addEventListener("abort", stop);
  let last = after;
  // a run that was resumed has ended before: what was heard of an end is held against what the run is now
  const isOver = async (): Promise<boolean> => {
    const run = await api.runs.get.query({ id });
    return hasEnded(run) && run.eventSequence <= last;
  };
  try {
    let mayBeOver = after > 0 && hasEnded(await api.runs.get.query({ id }));
    while (!signal.aborted) {
      const change = waiting.shift();
      if (change) {
        last = change.sequence;
        if (change.type === "state") mayBeOver = hasEnded(change.data);
        yield change;
      } else if (failures.length > 0) {
        throw failures[0];
      } else if (mayBeOver && (await isOver())) {
        return;
      } else if (waiting.length + failures.length === 0 && !signal.aborted) {
        await new Promise<void>((done) => {
          wake = done;
        });
      }
    }
  } finally {
    signal.removeEventListener("abort", stop);
    subscription.unsubscribe();
  }
}

/** Waits until a run has ended, however it ended. @throws the signal's reason */
export async function untilEnded(
  client: Pick<Client, "api">,
  id: string,
  { onChange = () => undefined, ...options }: FollowOptions & { onChange?: (change: RunChange) => void } = {},
): Promise<Run> {
  for await (const change of followRun(client, id, options)) onChange(change);
  options.signal?.throwIfAborted();
  return client.api.runs.get.query({ id });
}

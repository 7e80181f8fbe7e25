import type { Client } from "@uniarm/client";
import type { WorkerContext } from "../src/worker-context.ts";

interface Event {
  attemptId: string;
  sequence: number;
  type: string;
}

/** A server that records events as the real one does: numbers that it knows are passed over, gaps are refused. */
export interface Recording {
  client: Client;
  events: Event[];
  ends: Record<string, unknown>[];
  /** the next call fails after it did its work, as when its answer is lost */
  loseAnswers: (count: number) => void;
}

export function recordingServer(more: Record<string, unknown> = {}): Recording {
  const events: Event[] = [];
  const ends: Record<string, unknown>[] = [];
  let lost = 0;
  const work = {
    events: {
      mutate: ({ attemptId, events: sent }: { attemptId: string; events: Event[] }) => {
        const last = (): number => events.findLast((event) => event.attemptId === attemptId)?.sequence ?? 0;
        for (const event of sent) {
          if (event.sequence > last() + 1) return Promise.reject(new Error(`a gap before ${event.sequence}`));
          if (event.sequence === last() + 1) events.push({ ...event, attemptId });
        }
        if (lost > 0) {
          lost -= 1;
          return Promise.reject(new Error("the answer was lost"));
        }
        return Promise.resolve({ lastSequence: last() });
      },
    },
    end: {
      mutate: (end: Record<string, unknown>) => {
        ends.push(end);
        return Promise.resolve();
      },
    },
    ...more,
  };
  return {
    client: { url: "", headers: {}, fetch, api: { work } } as unknown as Client,
    events,
    ends,
    loseAnswers: (count) => {
      lost = count;
    },
  };
}

/** Keeps what would be logged. */
export function silentLog(): { log: WorkerContext["log"]; said: string[] } {
  const said: string[] = [];
  const say = (_about: unknown, message?: string): void => void said.push(message ?? "");
  const log = { info: say, warn: say, debug: say, error: say, child: () => log };
  return { log: log as unknown as WorkerContext["log"], said };
}

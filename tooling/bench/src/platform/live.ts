import { setTimeout as sleep } from "node:timers/promises";
import { recordEvents, type Database } from "@uniarm/db";
import { poolOf } from "@uniarm/db/testing";
import { z } from "zod";
import { subscribe } from "@uniarm/api/testing";
import type { Api } from "./api.ts";
import { liveAttempt, sendEvents } from "./attempts.ts";
import { quantile } from "./timing.ts";

export const Live = z.strictObject({
  subscribers: z.int().positive(),
  events: z.int().positive(),
  /** from sending an event until the last subscriber has it */
  toAllP50Ms: z.number(),
  toAllP95Ms: z.number(),
  toAllMaxMs: z.number(),
  /** resident memory of the api after each quarter of the events */
  memoryMb: z.array(z.number().nullable()),
  /** events while the api was away and after it came back */
  eventsOverRestart: z.int(),
  /** from the api's return until every subscriber has everything */
  caughtUpSeconds: z.number(),
  missed: z.int(),
});
export type Live = z.infer<typeof Live>;

export interface LiveOptions {
  api: Api;
  /** kills the api and starts it again on its port; `meanwhile` runs while it is away */
  restart: (meanwhile: () => Promise<void>) => Promise<Api>;
  db: Database;
  subscribers: number;
  events: number;
}

const PATIENCE_MS = 60_000;
/** Events while the api is away, and as many when it is back. */
const OVER = 10;

/** Subscribers of one run hear of its events, also over a restart of the api. */
export async function measureLive({ api, restart, db, subscribers: count, events }: LiveOptions): Promise<Live> {
  const { runId, attemptId } = await liveAttempt(api, "live");
  const subscribers = Array.from({ length: count }, () => subscribe({ url: api.url, key: api.key, runId }));
  const slowest = (): number => Math.min(...subscribers.map(({ last }) => last()));
  const untilAll = async (sequence: number): Promise<void> => {
    for (const deadline = Date.now() + PATIENCE_MS; slowest() < sequence; await sleep(1))
      if (Date.now() > deadline) throw new Error(`A subscriber has ${slowest()} of ${sequence} events.`);
  };
  try {
    const before = await latestEvent(db, runId);
    await untilAll(before);
    const times: number[] = [];
    const memoryMb: (number | null)[] = [];
    for (let number = 1; number <= events; number++) {
      const sentAt = performance.now();
      await sendEvents(api, attemptId, [metricEvent(number)]);
      await untilAll(before + number);
      times.push(performance.now() - sentAt);
      if (number % Math.ceil(events / 4) === 0 || number === events) memoryMb.push(api.memoryMb());
    }
    times.sort((one, other) => one - other);

    const back = await restart(async () => {
      for (let number = 1; number <= OVER; number++)
        await recordEvents(db, attemptId, [metricEvent(events + number)] as never);
    });
    const startedAt = performance.now();
    for (let number = 1; number <= OVER; number++)
      await sendEvents(back, attemptId, [metricEvent(events + OVER + number)]);
    await untilAll(before + events + 2 * OVER);
    return {
      subscribers: count,
      events,
      memoryMb,
      eventsOverRestart: 2 * OVER,
      toAllP50Ms: quantile(times, 0.5),
      toAllP95Ms: quantile(times, 0.95),
      toAllMaxMs: times.at(-1)!,
      caughtUpSeconds: (performance.now() - startedAt) / 1000,
      missed: subscribers.reduce((sum, { gaps }) => sum + gaps(), 0),
    };
  } finally {
    for (const { close } of subscribers) close();
  }
}

const metricEvent = (number: number) => ({
  sequence: number,
  time: Date.now(),
  type: "metric" as const,
  step: number,
  values: { value: number },
});

async function latestEvent(db: Database, runId: string): Promise<number> {
  const { rows } = await poolOf(db).query<{ last: number }>(`SELECT "eventSequence" AS last FROM "Run" WHERE id = $1`, [
    runId,
  ]);
  return rows[0]!.last;
}

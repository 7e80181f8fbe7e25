import { z } from "zod";
import type { Api } from "./api.ts";
import { liveAttempt, sendEvents } from "./attempts.ts";
import { quantile } from "./timing.ts";

export const Ingest = z.strictObject({
  clients: z.int().positive(),
  metricsAStep: z.int().positive(),
  seconds: z.number().positive(),
  points: z.int().positive(),
  pointsPerSecond: z.number().positive(),
  requestP95Ms: z.number(),
});
export type Ingest = z.infer<typeof Ingest>;

/** What a worker sends at once. */
const EVENTS = 500;

/** Clients that each write a run's metrics as fast as the api takes them. */
export async function measureIngest(
  api: Api,
  { clients, metricsAStep, seconds }: { clients: number; metricsAStep: number; seconds: number },
): Promise<Ingest> {
  const attempts = await Promise.all(
    Array.from({ length: clients }, (_, index) => liveAttempt(api, `ingest-${metricsAStep}-${index}`)),
  );
  const startedAt = performance.now();
  const times: number[] = [];
  const write = async (attemptId: string): Promise<void> => {
    for (let step = 0; performance.now() - startedAt < seconds * 1000; step += EVENTS) {
      const sentAt = performance.now();
      await sendEvents(api, attemptId, eventsFrom(step, metricsAStep));
      times.push(performance.now() - sentAt);
    }
  };
  await Promise.all(attempts.map(({ attemptId }) => write(attemptId)));
  const took = (performance.now() - startedAt) / 1000;
  const points = times.length * EVENTS * metricsAStep;
  times.sort((one, other) => one - other);
  return {
    clients,
    metricsAStep,
    seconds: took,
    points,
    pointsPerSecond: points / took,
    requestP95Ms: quantile(times, 0.95),
  };
}

const eventsFrom = (first: number, metrics: number): object[] =>
  Array.from({ length: EVENTS }, (_, index) => ({
    sequence: first + index + 1,
    time: Date.now(),
    type: "metric",
    step: first + index,
    values: Object.fromEntries(
      Array.from({ length: metrics }, (_unused, key) => [`metric/${key}`, Math.sin((first + index) / (key + 1))]),
    ),
  }));

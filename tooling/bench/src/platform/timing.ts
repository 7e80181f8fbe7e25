import { z } from "zod";

export const Timing = z.strictObject({
  what: z.string(),
  requests: z.int().positive(),
  p50Ms: z.number(),
  p95Ms: z.number(),
  maxMs: z.number(),
});
export type Timing = z.infer<typeof Timing>;

/** Time of requests one after the other, each until its whole answer is there. */
export async function timed(
  what: string,
  requests: number,
  request: (index: number) => Promise<unknown>,
): Promise<Timing> {
  const times: number[] = [];
  for (let index = 0; index < requests; index++) {
    const startedAt = performance.now();
    await request(index);
    times.push(performance.now() - startedAt);
  }
  times.sort((one, other) => one - other);
  return { what, requests, p50Ms: quantile(times, 0.5), p95Ms: quantile(times, 0.95), maxMs: times.at(-1)! };
}

/** The smallest value that at least this share of them does not exceed. */
export const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]!;

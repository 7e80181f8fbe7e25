import { expect, test } from "vitest";
import { chaos } from "./chaos.ts";

const FULL = process.env.UNIARM_CHAOS === "full";
const SIZE = FULL ? { studies: 12, kills: 40, pauseMs: 3500 } : { studies: 2, kills: 6, pauseMs: 2500 };

test(
  `${SIZE.studies} studies on 2 workers under ${SIZE.kills} kill -9 end as if nothing had happened`,
  async () => {
    const log = (line: string): void => void (FULL && process.stderr.write(`${line}\n`));
    const calm = await chaos({ ...SIZE, kills: 0, seed: 1, log });
    const disturbed = await chaos({ ...SIZE, seed: 1, log });
    if (FULL) {
      const { killed, attempts, lost, seconds } = disturbed;
      process.stderr.write(`${JSON.stringify({ killed, attempts, lost, seconds, calmSeconds: calm.seconds })}\n`);
    }
    expect(
      disturbed.runs
        .filter(({ state }) => state !== "SUCCEEDED")
        .map(({ name, state, reason }) => `${name} ${state} ${reason}`),
    ).toEqual([]);
    expect(Object.values(disturbed.killed).reduce((sum, count) => sum + count, 0)).toBe(SIZE.kills);
    expect(disturbed.overlaps).toEqual([]);
    expect(disturbed.fronts).toEqual(calm.fronts);
    expect(disturbed.histories.length).toBe(2 * SIZE.studies);
    for (const { key, steps } of disturbed.histories)
      expect(steps, `${key}: every step once`).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  },
  FULL ? 3_600_000 : 900_000,
);

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startPlatform, untilRun, type Platform } from "./platform.ts";
import { uniarm } from "./uniarm.ts";

const SECONDS = process.env.UNIARM_CHAOS === "full" ? 60 : 3;
const PER_SECOND = 200;
const TURN_MS = 50;

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ flags: ["--lease", "4", "--slots", "2", "--log-level", "silent"] });
});
afterAll(async () => {
  await platform.stop();
  await platform.remove();
});

const askWith = async (headers: Record<string, string>, path = "/api/me"): Promise<number> => {
  const answer = await fetch(`${platform.url}${path}`, { headers });
  await answer.arrayBuffer();
  return answer.status;
};

const login = async (key: string): Promise<Response> =>
  fetch(`${platform.url}/api/login`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-uniarm-request": "1" },
    body: JSON.stringify({ key }),
  });

test(
  `${PER_SECOND} wrong keys a second for ${SECONDS} s refuse nothing valid: no worker, no program, no login, no page`,
  async () => {
    const cookie = (await login(platform.adminKey!)).headers.get("set-cookie")!.split(";")[0]!;
    const { id } = await platform.call<{ id: string }>("POST", "/api/runs", {
      kind: "sleep",
      config: { steps: SECONDS * 10, stepMs: 100 },
    });
    const wrong: Promise<number>[] = [];
    const valid: number[] = [];
    const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
    const start = performance.now();
    const total = SECONDS * PER_SECOND;
    let count = 0;
    const sendWrong = async (): Promise<void> => {
      for (; count < total; await sleep(TURN_MS))
        // as many as are due by the clock: a busy machine sends them later, not fewer
        for (; count < Math.min(total, ((performance.now() - start) * PER_SECOND) / 1000); count++)
          wrong.push(
            count % 10 === 9
              ? login(`${count} guessed`).then(({ status }) => status)
              : askWith(bearer(count % 2 === 0 ? "uniarm_stale_key_of_a_program" : `uniarm_${count}`), "/metrics"),
          );
    };
    const sendValid = async (): Promise<void> => {
      for (; count < total; await sleep(TURN_MS))
        valid.push(
          await askWith(platform.headers),
          await askWith({ cookie }, "/api/projects"),
          await askWith(bearer(platform.adminKey!), "/metrics"),
        );
    };
    await Promise.all([sendWrong(), sendValid()]);
    valid.push((await login(platform.adminKey!)).status);
    const refused = await Promise.all(wrong);
    expect(new Set(valid)).toEqual(new Set([200]));
    expect(new Set(refused)).toEqual(new Set([401, 429]));
    expect(refused.filter((status) => status === 401).length).toBeLessThanOrEqual(30 * (1 + Math.ceil(SECONDS / 60)));
    const run = await untilRun(platform, id);
    expect(run.attempts.map(({ state }) => state)).toEqual(["SUCCEEDED"]); // never lost
    if (SECONDS > 3) process.stderr.write(`${refused.length} wrong keys, ${valid.length} valid requests\n`);
  },
  SECONDS * 1000 + 120_000,
);

test("revoking the key of the server's own worker gives it another: its run goes on, and the command line works", async () => {
  const before = (await readFile(join(platform.folder, "local-key"), "utf8")).trim();
  const { id } = await platform.call<{ id: string }>("POST", "/api/runs", {
    kind: "sleep",
    config: { steps: 60, stepMs: 100 },
  });
  await untilRun(platform, id, ({ series }) => series.some(({ key, count }) => key === "value" && count >= 3));
  const asAdmin = (...args: string[]) => uniarm(platform.folder, args, { UNIARM_KEY: platform.adminKey! });
  const listed = asAdmin("keys", "ls");
  const own = /^(\S+) +this machine .*of the server's own worker/m.exec(listed.out)?.[1];
  expect(own, listed.out).toBeDefined();
  const revoked = asAdmin("keys", "revoke", own!);
  expect(revoked.out).toContain("which has a new one now");
  expect([401, 429]).toContain(await askWith({ authorization: `Bearer ${before}` })); // after all the wrong ones
  platform.headers.authorization = `Bearer ${(await readFile(join(platform.folder, "local-key"), "utf8")).trim()}`;
  const run = await untilRun(platform, id);
  expect(run.attempts.map(({ state }) => state)).toEqual(["SUCCEEDED"]);
  expect(uniarm(platform.folder, ["runs", "ls"]).out).toContain(id);
});

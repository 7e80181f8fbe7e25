import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fillDisk } from "./fill-disk.ts";
import { startPlatform, untilRun, type Platform } from "./platform.ts";
import { uniarm } from "./uniarm.ts";
import { startWorker, workersOf } from "./workers.ts";

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ flags: ["--no-worker", "--lease", "30"] });
});
afterAll(async () => {
  await platform.stop();
  await platform.remove();
});

const mount = (...options: string[]): void => {
  execFileSync("mount", options, { stdio: "ignore" });
};

const launch = async (): Promise<string> => {
  const config = { steps: 400, stepMs: 50, checkpointEvery: 10 };
  return (await platform.call<{ id: string }>("POST", "/api/runs", { kind: "sleep", config, useCache: false })).id;
};

const problemOf = async (): Promise<string | undefined> => (await workersOf(platform))[0]?.problem;

interface Disk {
  spoil: (folder: string) => void | Promise<void>;
  heal: (folder: string) => void;
}

const sicknesses: Record<string, Disk & { says: RegExp }> = {
  "is full": {
    says: /There is no room left in \S*place-1 on \S+ \(ENOSPC\)/,
    spoil: (folder) => fillDisk(join(folder, "filler")),
    heal: (folder) => rmSync(join(folder, "filler")),
  },
  "is read-only": {
    says: /nothing but reading allowed in \S*place-1 on \S+ \(EROFS\)/,
    // laid over the folder: the disk itself cannot be made read-only while a file on it is open for writing
    spoil: async (folder) => {
      for (let isReadOnly = false; !isReadOnly;) {
        mount("--bind", folder, folder);
        try {
          mount("-o", "remount,bind,ro", folder);
          isReadOnly = true;
        } catch {
          execFileSync("umount", ["--lazy", folder], { stdio: "ignore" }); // a job has opened a file in between
          await sleep(50);
        }
      }
    },
    heal: (folder) => execFileSync("umount", ["--lazy", folder], { stdio: "ignore" }),
  },
};

test.for(Object.entries(sicknesses))(
  "a worker whose disk %s takes no runs, says why, costs its runs no attempt, and goes on when that is over",
  async ([, { says, spoil, heal }], context) => {
    const folder = join(platform.folder, "small");
    mkdirSync(folder, { recursive: true });
    try {
      mount("-t", "tmpfs", "-o", "size=6m,mode=755", "tmpfs", folder);
    } catch {
      context.skip("this user may not mount a small disk");
    }
    const worker = startWorker(platform, folder, { flags: ["--slots", "2"] });
    try {
      const ids = [await launch(), await launch(), await launch()];
      for (const id of ids.slice(0, 2)) await untilRun(platform, id, ({ checkpoints }) => checkpoints.length > 0);
      await spoil(folder);
      for (const id of ids.slice(0, 2)) {
        const run = await untilRun(platform, id, ({ state }) => state === "QUEUED");
        expect(run.attempts.map(({ state }) => state)).toEqual(["DRAINED"]);
        expect(run.reason).toMatch(says);
      }
      await expect.poll(problemOf).toMatch(says);
      expect(uniarm(platform.folder, ["workers"]).out).toMatch(says);
      expect(worker.said()).toMatch(/No runs are taken meanwhile/);
      heal(folder);
      await expect.poll(problemOf).toBe("");
      for (const id of ids) {
        const { state } = await untilRun(platform, id, (run) => ["RUNNING", "SUCCEEDED"].includes(run.state));
        if (state === "RUNNING") await platform.insist("POST", `/api/runs/${id}/cancel`);
        const { attempts } = await untilRun(platform, id);
        expect(attempts.map(({ state }) => state)).not.toContain("LOST");
        expect(attempts.length).toBeLessThanOrEqual(2);
      }
    } finally {
      await worker.stop();
      execFileSync("umount", ["--lazy", "--recursive", folder]); // a job of the worker may still be ending in it
    }
  },
);

test("a worker whose data folder is deleted gives its run back and begins anew in a new one", async () => {
  const folder = join(platform.folder, "deleted");
  const worker = startWorker(platform, folder);
  try {
    const id = await launch();
    await untilRun(platform, id, ({ checkpoints }) => checkpoints.length > 0);
    rmSync(folder, { recursive: true, maxRetries: 20, retryDelay: 20 }); // its run writes into it meanwhile
    const run = await untilRun(platform, id, ({ state, attempts }) => state === "RUNNING" && attempts.length > 1);
    expect(run.attempts.map(({ state }) => state)).toEqual(["DRAINED", "RUNNING"]);
    expect(run.attempts[0]!.reason).toMatch(/was removed/);
    expect(run.attempts[1]!.resumedFromStep).toBeGreaterThan(0);
    expect(existsSync(join(folder, "worker-own/place-1/attempts"))).toBe(true);
    expect(readdirSync(join(folder, "worker-own"))).toContain("place-1");
    await platform.insist("POST", `/api/runs/${id}/cancel`);
    await untilRun(platform, id);
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${worker.said()}`, { cause: error });
  } finally {
    await worker.stop();
  }
});

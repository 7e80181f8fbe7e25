import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchSleep } from "./queued-runs.ts";
import { onSlurm, openSlurmSite, withoutSlurm, type SlurmSite } from "./slurm-site.ts";

const JOBS = 1000;
const PROGRAMS = ["sbatch", "squeue", "scancel"];

/** What a job does in its folder, without its work: a thousand times Node would be a measure of Node. */
const NOTHING = `#!/bin/bash
batch=$2 task=$3
folder=$(tr ',[]' '\\n' < "$batch/manifest.json" | grep -o '/[^"]*/attempts/[^"]*' | sed -n "$((task + 1))p")
echo '{"number":"0","host":"none"}' > "$folder/begun.json"
: > "$batch/begun-$task"
echo '{"last":{"type":"ended","end":"SUCCEEDED","reason":""},"exit":{"code":0,"signal":null},"lastSequence":0,"host":"none","told":null,"hasAdvanced":false}' > "$folder/end.json"
: > "$batch/ended-$task"
`;

describe.skipIf(withoutSlurm !== null || process.env.UNIARM_CHAOS !== "full")(`many jobs ${onSlurm}`, () => {
  let site: SlurmSite;
  let programs: string;
  beforeAll(async () => {
    programs = mkdtempSync(join(tmpdir(), "uniarm-programs-"));
    const write = (name: string, text: string): void => {
      writeFileSync(join(programs, name), text);
      chmodSync(join(programs, name), 0o755);
    };
    write("nothing", NOTHING);
    for (const program of PROGRAMS)
      write(
        program,
        `#!/bin/bash\necho "$(date +%s.%N) ${program}" >> ${programs}/calls\nexec ${execFileSync("which", [program], { encoding: "utf8" }).trim()} "$@"\n`,
      );
    chmodSync(programs, 0o755);
    const settings = { job: { cpus: 1, memory: "100M" }, node: join(programs, "nothing"), prefix: [], setup: [] };
    site = await openSlurmSite({ settings, size: { cpus: 4 }, withoutWorker: true, programs });
  });
  afterAll(async () => {
    await site.stop();
    rmSync(programs, { recursive: true, force: true });
  });

  const succeeded = async (): Promise<number> => {
    const { url, headers } = site.platform;
    const text = await (await fetch(`${url}/metrics`, { headers })).text();
    return Number(/^uniarm_runs\{state="SUCCEEDED"\} (\d+)/m.exec(text)?.[1] ?? 0);
  };

  const memoryMb = (name: string): number => {
    const status = readFileSync(`/proc/${site.platform.pids[name]!}/status`, "utf8");
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024);
  };

  test(
    `${JOBS} jobs are a few submissions, Slurm is asked at most once in five seconds, and the server stays as large as it was`,
    { timeout: 3_600_000 },
    async () => {
      const waiting = Array.from({ length: JOBS }, (_, index) => index);
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          while (waiting.pop() !== undefined) await launchSleep(site, 1);
        }),
      );
      const before = memoryMb("api");
      const startedAt = Date.now();
      site.startWorker();
      let peak = before;
      for (let left = JOBS; left > 0;) {
        await sleep(1000);
        peak = Math.max(peak, memoryMb("api"));
        left = JOBS - (await succeeded());
      }
      const seconds = (Date.now() - startedAt) / 1000;
      const calls = readFileSync(join(programs, "calls"), "utf8")
        .trim()
        .split("\n")
        .map((line) => line.split(" "));
      const asked = calls.filter(([, program]) => program === "squeue").map(([time]) => Number(time));
      const pauses = asked.slice(1).map((time, index) => time - asked[index]!);
      const submissions = calls.filter(([, program]) => program === "sbatch").length;
      process.stderr.write(
        `${JSON.stringify({ seconds, submissions, asked: asked.length, shortestPause: Math.min(...pauses), before, peak, after: memoryMb("api") })}\n`,
      );
      expect(submissions).toBeLessThan(20);
      expect(Math.min(...pauses.slice(1))).toBeGreaterThan(4.9); // the first is asked before work begins
      expect(peak).toBeLessThan(before + 100);
    },
  );
});

import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createRandom } from "@uniarm/core";
import { STUDY_TEMPLATES } from "@uniarm/pipeline/schema";
import { programOf } from "../../../src/serve/programs.ts";
import { startPlatform, untilRun, type Platform, type RunView } from "./platform.ts";

export interface ChaosSettings {
  studies: number;
  kills: number;
  seed: number;
  /** pause between kills, at most */
  pauseMs: number;
  log?: (line: string) => void;
}

export interface ChaosResult {
  /** kills by what was killed */
  killed: Record<string, number>;
  attempts: number;
  lost: number;
  runs: RunView[];
  /** fronts by study: name and hypervolume and mean inner product */
  fronts: Record<string, string[]>;
  /** per training run: its metric histories */
  histories: { run: string; key: string; steps: number[] }[];
  overlaps: string[];
  seconds: number;
}

const VICTIMS = ["worker", "second worker", "job", "api", "postgres"] as const;

/** Every study has a seed of its own, so that nothing is taken from a cache. */
export function chaosStudy(seed: number): object {
  const quick = STUDY_TEMPLATES.find(({ name }) => name === "quick")!.config;
  return { ...quick, seeds: [seed], seed, baseWeights: "float32" };
}

/** Runs studies on two workers while their processes are killed at random moments; with no kills: the undisturbed run. */
export async function chaos({
  studies,
  kills,
  seed,
  pauseMs,
  log = () => undefined,
}: ChaosSettings): Promise<ChaosResult> {
  const random = createRandom(seed).fork("chaos");
  const startedAt = Date.now();
  const platform = await startPlatform({ flags: ["--lease", "3", "--slots", "2"] });
  const second = secondWorker(platform);
  const killed: Record<string, number> = {};
  try {
    const ids: string[] = [];
    for (let index = 0; index < studies; index++) {
      const { id } = await platform.insist<{ id: string }>("POST", "/api/runs", {
        kind: "study",
        name: `chaos ${index}`,
        config: chaosStudy(index),
        maxAttempts: 100,
      });
      ids.push(id);
    }
    for (let count = 0; count < kills;) {
      await sleep(pauseMs * (0.3 + 0.7 * random.uniform()));
      const victim = VICTIMS[Math.floor(random.uniform() * VICTIMS.length)]!;
      if (!kill(platform, second, victim, random.uniform())) continue; // none of these is alive at the moment
      killed[victim] = (killed[victim] ?? 0) + 1;
      count += 1;
      log(`kill ${count}/${kills}: ${victim}`);
    }
    const runs: RunView[] = [];
    for (const id of ids) {
      const study = await untilRun(platform, id, undefined, 600_000);
      runs.push(study);
      for (const child of study.children) runs.push(await platform.insist<RunView>("GET", `/api/runs/${child.id}`));
    }
    return {
      killed,
      runs,
      seconds: (Date.now() - startedAt) / 1000,
      attempts: runs.reduce((sum, run) => sum + run.attempts.length, 0),
      lost: runs.reduce((sum, run) => sum + run.attempts.filter(({ state }) => state === "LOST").length, 0),
      fronts: await frontsOf(platform, ids),
      histories: await historiesOf(platform, runs),
      overlaps: runs.flatMap(overlapsOf),
    };
  } finally {
    await second.stop();
    await platform.stop();
    await platform.remove();
  }
}

interface SecondWorker {
  pid: () => number | undefined;
  stop: () => Promise<void>;
}

/** On the folder of the server's own worker, as two that were started with one data folder are. Started again when it ends. */
function secondWorker({ url, folder }: Platform): SecondWorker {
  let stopped = false;
  let child: ReturnType<typeof spawn> | null = null;
  const start = (): void => {
    if (stopped) return;
    child = spawn(process.execPath, [programOf("worker")], {
      env: {
        ...process.env,
        UNIARM_SERVER: url,
        UNIARM_KEY: readFileSync(join(folder, "local-key"), "utf8").trim(),
        UNIARM_WORKER_FOLDER: join(folder, "worker"),
        UNIARM_WORKER_NAME: "second",
        UNIARM_LOG: "silent",
      },
      stdio: "ignore",
    });
    child.on("exit", () => setTimeout(start, 300));
  };
  start();
  return {
    pid: () => child?.pid,
    stop: async () => {
      stopped = true;
      const ended = new Promise((done) =>
        child?.exitCode === null && child.signalCode === null ? child.on("exit", done) : done(null),
      );
      child?.kill("SIGTERM");
      await ended;
    },
  };
}

/** kill -9 of something that this platform started, if it is alive. */
function kill(platform: Platform, second: SecondWorker, victim: (typeof VICTIMS)[number], choice: number): boolean {
  const own = childrenOf(platform.process.pid!);
  const byProgram = (part: string): number[] =>
    own.filter(({ command }) => command.includes(part)).map(({ pid }) => pid);
  const workers = [...byProgram("/worker/src/main.ts"), ...(second.pid() === undefined ? [] : [second.pid()!])];
  const candidates = {
    worker: byProgram("/worker/src/main.ts"),
    "second worker": second.pid() === undefined ? [] : [second.pid()!],
    job: workers.flatMap((pid) =>
      childrenOf(pid)
        .filter(({ command }) => command.includes("/job/main.ts"))
        .map((child) => child.pid),
    ),
    api: byProgram("/api/src/main.ts"),
    postgres: own.filter(({ command }) => command.includes("/bin/postgres")).map(({ pid }) => pid),
  }[victim];
  const pid = candidates[Math.floor(choice * candidates.length)];
  if (pid === undefined) return false;
  try {
    process.kill(pid, "SIGKILL");
    return true;
  } catch {
    return false;
  }
}

function childrenOf(pid: number): { pid: number; command: string }[] {
  try {
    const text = execFileSync("ps", ["--ppid", String(pid), "-o", "pid=,args="], { encoding: "utf8" });
    return text
      .trim()
      .split("\n")
      .filter(Boolean)
      .map((line) => {
        const [, id, command] = /^\s*(\d+)\s+(.*)$/.exec(line)!;
        return { pid: Number(id), command: command! };
      });
  } catch {
    return []; // it has none
  }
}

async function frontsOf(platform: Platform, ids: readonly string[]): Promise<Record<string, string[]>> {
  const fronts: Record<string, string[]> = {};
  for (const [index, id] of ids.entries()) {
    const page = await platform.insist<{ fronts: { name: string; hypervolume: number; meanInnerProduct: number }[] }>(
      "GET",
      `/api/fronts?run=${id}`,
    );
    fronts[String(index)] = page.fronts
      .map(({ name, hypervolume, meanInnerProduct }) => `${name} ${hypervolume} ${meanInnerProduct}`)
      .sort();
  }
  return fronts;
}

async function historiesOf(platform: Platform, runs: readonly RunView[]): Promise<ChaosResult["histories"]> {
  const found: ChaosResult["histories"] = [];
  for (const run of runs.filter(({ kind }) => kind === "train")) {
    const { series } = await platform.insist<{ series: { key: string; step: number[] }[] }>(
      "GET",
      `/api/metrics/history?runs=${run.id}&keys=loss,learningRate&points=2000`,
    );
    for (const { key, step } of series) found.push({ run: run.name, key, steps: step });
  }
  return found;
}

/** Attempts of one run that were alive at the same time, by the server's clock. */
function overlapsOf({ name, attempts }: RunView): string[] {
  return attempts.slice(1).flatMap((attempt, index) => {
    const before = attempts[index]!;
    return before.endedAt === null || before.endedAt > attempt.startedAt
      ? [`${name}: attempts ${before.number} and ${attempt.number}`]
      : [];
  });
}

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startPlatform, untilRun, type Platform, type RunView } from "./platform.ts";
import { startWorker, watchExecutions, workersOf, type Executions, type StartedWorker } from "./workers.ts";

let platform: Platform;
let executions: Executions;
let started: StartedWorker[] = [];
let folders = 0;

beforeAll(async () => {
  platform = await startPlatform({ flags: ["--no-worker", "--lease", "30"] });
});
afterEach(async () => {
  await Promise.all(started.map((worker) => worker.stop()));
  started = [];
});
afterAll(async () => {
  await platform.stop();
  await platform.remove();
});

function freshFolder(): string {
  folders += 1;
  const folder = join(platform.folder, `machine-${folders}`);
  mkdirSync(folder);
  executions = watchExecutions(folder);
  return folder;
}

/** In a process namespace of its own a worker cannot see whether another one lives, as on another machine. */
const ELSEWHERE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];

function start(folder: string, within: readonly string[] = []): StartedWorker {
  const worker = startWorker(platform, folder, { environment: executions.environment, within });
  started.push(worker);
  return worker;
}

const launch = async (steps = 40): Promise<string> => {
  const config = { steps, stepMs: 50, checkpointEvery: 1000 };
  return (await platform.call<{ id: string }>("POST", "/api/runs", { kind: "sleep", config, useCache: false })).id;
};

const untilWorkers = (count: number) =>
  expect.poll(async () => (await workersOf(platform)).length, { timeout: 60_000 }).toBe(count);

const ended = (ids: readonly string[]): Promise<RunView[]> => Promise.all(ids.map((id) => untilRun(platform, id)));

/** Every run ended well, and each of its attempts was carried out by one process. */
function expectEachOnce(runs: readonly RunView[]): void {
  expect(runs.map(({ state, reason }) => `${state} ${reason}`.trim())).toEqual(runs.map(() => "SUCCEEDED"));
  const ran = executions.attempts();
  expect(ran.length).toBe(new Set(ran).size);
  expect(ran.length).toBe(runs.reduce((sum, { attempts }) => sum + attempts.length, 0));
}

test("two workers that are started with one data folder have names and folders of their own, and lose no run", async () => {
  const folder = freshFolder();
  start(folder);
  await untilWorkers(1);
  const ids = [await launch(), await launch()];
  await untilRun(platform, ids[0]!, ({ state }) => state === "RUNNING");
  start(folder);
  const runs = await ended(ids);
  expectEachOnce(runs);
  expect(runs.map(({ attempts }) => attempts.length)).toEqual([1, 1]);
  const names = (await workersOf(platform)).map(({ name }) => name);
  expect(names.length).toBe(2);
  expect(new Set(names).size).toBe(2);
});

test("eight workers share a folder, some by a symlink", async () => {
  const folder = freshFolder();
  const other = `${folder}-by-symlink`;
  symlinkSync(folder, other);
  for (let count = 0; count < 8; count++) start(count % 2 === 0 ? folder : other);
  await untilWorkers(8);
  const ids = await Promise.all(Array.from({ length: 10 }, () => launch(10)));
  const runs = await ended(ids);
  expectEachOnce(runs);
  expect(runs.every(({ attempts }) => attempts.length === 1)).toBe(true);
});

test("a worker in a copy of another one's folder is a worker of its own", async () => {
  const folder = freshFolder();
  start(folder);
  await untilWorkers(1);
  const ids = [await launch(), await launch()];
  await untilRun(platform, ids[0]!, ({ state }) => state === "RUNNING");
  cpSync(folder, `${folder}-copy`, { recursive: true });
  start(`${folder}-copy`);
  const runs = await ended(ids);
  expectEachOnce(runs);
  expect(runs.map(({ attempts }) => attempts.length)).toEqual([1, 1]);
});

test("a worker that is killed and started at once goes on at once, in the place of the one before", async () => {
  const folder = freshFolder();
  start(folder);
  await untilWorkers(1);
  const id = await launch();
  await untilRun(platform, id, ({ state }) => state === "RUNNING");
  for (let kills = 0; kills < 2; kills++) {
    const [killed] = await workersOf(platform);
    const before = (await platform.call<RunView>("GET", `/api/runs/${id}`)).attempts.length;
    killWorkers(started);
    await started.pop()!.ended;
    start(folder);
    await untilRun(platform, id, ({ attempts }) => attempts.length > before, 60_000);
    const now = await workersOf(platform);
    expect(now.length).toBe(1); // not the dead one beside it
    expect(now[0]!.id).not.toBe(killed!.id);
    expect(now[0]!.name).toBe(killed!.name);
  }
  const [run] = await ended([id]);
  expectEachOnce([run!]);
  expect(run!.attempts.map(({ state, reason }) => `${state} ${reason}`)).toEqual([
    "LOST its worker was restarted",
    "LOST its worker was restarted",
    "SUCCEEDED ",
  ]);
});

test("two machines that share a folder over the network do not touch each other's work", async (context) => {
  if (!canUnshare()) context.skip("this user may not make namespaces, which stand for another machine here");
  const folder = freshFolder();
  start(folder);
  await untilWorkers(1);
  const ids = [await launch(), await launch()];
  await untilRun(platform, ids[0]!, ({ state }) => state === "RUNNING");
  start(folder, ELSEWHERE);
  await untilWorkers(2);
  const runs = await ended(ids);
  expectEachOnce(runs);
  expect(runs.map(({ attempts }) => attempts.length)).toEqual([1, 1]);

  // both are killed without a word: the server alone can tell when their places are free
  killWorkers(started.slice(0, 1));
  started[1]!.process.kill("SIGKILL");
  await Promise.all(started.map((worker) => worker.ended));
  const id = await launch(5);
  start(folder, ELSEWHERE);
  expectEachOnce([...runs, ...(await ended([id]))]);
});

function canUnshare(): boolean {
  try {
    execFileSync(ELSEWHERE[0]!, [...ELSEWHERE.slice(1), "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** kill -9 of the worker itself; the command that started it ends with it. */
function killWorkers(workers: readonly StartedWorker[]): void {
  for (const { process: command } of workers) {
    const children = execFileSync("ps", ["--ppid", String(command.pid), "-o", "pid="], { encoding: "utf8" });
    for (const pid of children.trim().split(/\s+/)) process.kill(Number(pid), "SIGKILL");
  }
}

import { mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { STUDY_TEMPLATES } from "@uniarm/pipeline/schema";
import { NAMESPACE, startTestCluster, type TestCluster } from "@uniarm/kubernetes/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPlatform, type Platform } from "./platform.ts";
import {
  endOf,
  endsOf,
  expectEachStepOnce,
  expectSameAsHere,
  isAtWork,
  jobOf,
  launchSleep,
  pidOf,
  until,
  type QueuedRun,
} from "./queued-runs.ts";
import {
  killProgram,
  ONE_THREAD,
  startWorker,
  watchExecutions,
  type Executions,
  type StartedWorker,
} from "./workers.ts";

let platform: Platform;
let cluster: TestCluster;
let executions: Executions;
let worker: StartedWorker;
let start: () => void;

beforeAll(async () => {
  platform = await startPlatform({ flags: ["--no-worker"] });
  const folder = join(platform.folder, "claim");
  mkdirSync(folder);
  executions = watchExecutions(folder);
  cluster = await startTestCluster({ ...executions.environment, ...ONE_THREAD });
  const site = {
    namespace: NAMESPACE,
    image: "registry.example.org/uniarm-worker:1",
    claim: { name: "uniarm", mountPath: platform.folder },
    job: { memory: "900M", time: "1h" },
    labels: { nowhere: { nodeSelector: { "test/node": "absent" } }, apart: { memory: "800M" } },
    node: process.execPath,
    program: join(import.meta.dirname, "../../../../.."),
    saveSeconds: 30,
  };
  const file = join(folder, "kubernetes.yaml");
  writeFileSync(file, JSON.stringify(site));
  start = () => {
    worker = startWorker(platform, folder, {
      flags: ["--launcher", "kubernetes", "--site", file, "--grace", "15"],
      environment: {
        KUBECONFIG: cluster.kubeconfig,
        XDG_CACHE_HOME: process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), // pods have a home of their own
      },
    });
  };
  start();
});
afterAll(async () => {
  await worker.stop();
  await cluster.stop();
  await platform.stop();
  await platform.remove();
});

const site = () => ({ platform });
const podOf = (run: QueuedRun): string => [...cluster.store.pods.keys()].find((name) => name.startsWith(jobOf(run)))!;
const atWork = async (steps: number, label?: string) =>
  until(site(), await launchSleep(site(), steps, label), isAtWork);

describe.concurrent("at once", { timeout: 900_000 }, () => {
  test("a study's files are those of one process byte for byte, though its pods have no network and no key", async () => {
    const { config } = STUDY_TEMPLATES.find(({ name }) => name === "quick")!;
    await expectSameAsHere(site(), { ...config, baseWeights: "float32", unguided: false, decodeShards: 2 });
  });

  test("a pod that is deleted by somebody ends its run, which had the time to save", async () => {
    const run = await atWork(400);
    cluster.store.deletePod(podOf(run), null);
    const gone = await until(site(), run.id);
    expect(endOf(gone)).toMatch(/^CANCELLED Kubernetes job \S+ was deleted in Kubernetes, not here$/);
    expect(gone.checkpoints.length).toBe(1);
  });

  test("a Job that is deleted by somebody ends its run", async () => {
    const run = await atWork(400, "apart"); // what asks for the same is one Job with it
    cluster.store.deleteJob(jobOf(run).replace(/-\d+$/, ""));
    expect(endOf(await until(site(), run.id))).toMatch(/^CANCELLED .* was deleted in Kubernetes, not here$/);
  });

  test("a run that is cancelled here ends its pod, with a checkpoint", async () => {
    const { id } = await atWork(400);
    await platform.insist("POST", `/api/runs/${id}/cancel`);
    const cancelled = await until(site(), id);
    expect(endOf(cancelled)).toBe("CANCELLED cancelled");
    expect(cancelled.checkpoints.length).toBe(1);
  });

  test("a job that is killed -9 loses the attempt, and no step is done twice", async () => {
    const run = await atWork(40);
    process.kill(pidOf(run), "SIGKILL");
    const again = await until(site(), run.id);
    expect(endsOf(again)).toEqual(["LOST", "SUCCEEDED"]);
    expect(again.attempts[0]!.reason).toMatch(/SIGKILL/);
    await expectEachStepOnce(site(), run.id, 40);
  });

  test("a pod whose first process is killed -9 loses the attempt, with its exit code", async () => {
    const run = await atWork(40);
    process.kill(cluster.pidOf(podOf(run)), "SIGKILL");
    const again = await until(site(), run.id);
    expect(endsOf(again)).toEqual(["LOST", "SUCCEEDED"]);
    expect(again.attempts[0]!.reason).toMatch(/^Kubernetes job \S+ ended with exit code 137/);
    await expectEachStepOnce(site(), run.id, 40);
  });

  test("a pod that uses too much memory loses the attempt, which hears how much it was given", async () => {
    const run = await atWork(40);
    cluster.oomKill(podOf(run));
    const again = await until(site(), run.id);
    expect(endsOf(again)).toEqual(["LOST", "SUCCEEDED"]);
    expect(again.attempts[0]!.reason).toMatch(/used more memory than it was given \(900M\)/);
  });

  test("a pod that is evicted saves, and goes on in another without a lost attempt or step", async () => {
    const run = await atWork(60);
    cluster.disrupt(podOf(run), "EvictionByEvictionAPI");
    const again = await until(site(), run.id);
    expect(endsOf(again)).toEqual(["DRAINED", "SUCCEEDED"]);
    expect(again.attempts[0]!.reason).toMatch(/was moved off its node, which is drained$/);
    await expectEachStepOnce(site(), run.id, 60);
  });

  test("a job that no node takes says what it waits for, and can be cancelled", async () => {
    const id = await launchSleep(site(), 2, "nowhere");
    const waiting = await until(site(), id, ({ reason }) => reason.includes("waits for a node"));
    expect(waiting.reason).toMatch(/\(Unschedulable: 0\/1 nodes are available/);
    await platform.insist("POST", `/api/runs/${id}/cancel`);
    expect(endOf(await until(site(), id))).toMatch(/^CANCELLED cancelled/);
  });
});

test("an image that can never start fails the run with the reason", { timeout: 60_000 }, async () => {
  cluster.setObstacle("InvalidImageName");
  const id = await launchSleep(site(), 2);
  expect(endOf(await until(site(), id))).toMatch(/^FAILED Kubernetes job \S+ can never start \(InvalidImageName: /);
  cluster.setObstacle(null);
});

test("jobs go on while their worker is dead and the API server away, and the next worker finds them", async () => {
  const runs = await Promise.all([atWork(60), atWork(60)]);
  await cluster.stopServer();
  await killProgram(worker);
  start();
  await expect.poll(() => worker.said()).toMatch(/Kubernetes does not answer/);
  await cluster.startServer();
  for (const { id } of runs) {
    expect(endsOf(await until(site(), id))).toEqual(["SUCCEEDED"]);
    await expectEachStepOnce(site(), id, 60);
  }
});

test("no attempt was carried out twice, and of what has ended nothing is left in the cluster", async () => {
  const ran = executions.attempts();
  expect(ran.length).toBe(new Set(ran).size);
  await expect.poll(() => [...cluster.store.jobs.keys(), ...cluster.store.pods.keys()]).toEqual([]);
});

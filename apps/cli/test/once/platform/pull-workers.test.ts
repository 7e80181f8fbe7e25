import { execFileSync } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GenerateChunk } from "@uniarm/core/schema";
import { temporaryDatabase, type TemporaryDatabase } from "@uniarm/db/testing";
import { STUDY_TEMPLATES } from "@uniarm/pipeline/schema";
import { blocksOf, isInstalled, startProxy, type Proxy } from "../../proxy.ts";
import { startApi, type ApiProcess } from "./api-process.ts";
import { temporaryFolder, untilRun, type Platform, type RunView } from "./platform.ts";
import { startWorker, watchExecutions, workersOf, type Executions, type StartedWorker } from "./workers.ts";

/** A process and mount namespace of its own stands for another machine: it sees no process of this one, and not the servers' folder. */
const NAMESPACES = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "--mount"];

const missing = [
  ...(isInstalled("nginx") ? [] : ["nginx is missing"]),
  ...(canUnshare() ? [] : ["this user may not make namespaces, which stand for other machines here"]),
].join("; ");

describe.skipIf(missing !== "")(`workers of other machines${missing === "" ? "" : ` (skipped: ${missing})`}`, () => {
  let temporary: TemporaryDatabase;
  let servers: ApiProcess[];
  let proxy: Proxy;
  let machines: string;
  let key: string;
  const workers: Record<string, { worker: StartedWorker; executions: Executions }> = {};
  let asked = 0;

  /** Each call goes to another of the two servers. */
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${servers[asked++ % servers.length]!.url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    });
  const platform: Pick<Platform, "insist" | "errors"> = {
    errors: () => servers.map(({ errors }) => errors()).join("\n"),
    insist: async (method, path, body) => {
      const answer = await ask(path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
      if (!answer.ok) throw new Error(await answer.text());
      return answer.json() as never;
    },
  };

  /** On a machine of its own: it reaches the servers by https alone. */
  async function start(name: string, flags: string[]): Promise<void> {
    const folder = join(machines, name);
    await mkdir(folder);
    const executions = watchExecutions(folder);
    const certificate = join(folder, "certificate.pem");
    await writeFile(certificate, proxy.certificate);
    const hide = `mount -t tmpfs none ${temporary.folder} && exec "$@"`;
    const reach = { url: `https://127.0.0.1:${proxy.port}`, folder: temporary.folder };
    const worker = startWorker(reach, folder, {
      flags: ["--name", name, ...flags],
      environment: { ...executions.environment, NODE_EXTRA_CA_CERTS: certificate },
      within: [...NAMESPACES, "sh", "-c", hide, "sh"],
    });
    workers[name] = { worker, executions };
  }

  const launch = async (body: object): Promise<string> =>
    (await platform.insist<{ id: string }>("POST", "/api/runs", { useCache: false, ...body })).id;
  const where = async (id: string): Promise<string | undefined> =>
    (await workersOf(platform)).find(({ running }) => running.some((run) => run.id === id))?.name;

  beforeAll(async () => {
    temporary = await temporaryDatabase();
    machines = await temporaryFolder();
    const settings = (index: number): Record<string, string> => ({
      UNIARM_DATABASE_URL: temporary.url,
      UNIARM_BLOBS: join(temporary.folder, "blobs"),
      UNIARM_LOCAL_KEY: join(temporary.folder, index === 0 ? "local-key" : "local-key-1"),
      UNIARM_TRUST_PROXY: "loopback",
      UNIARM_LEASE_SECONDS: "6",
    });
    servers = await Promise.all([0, 1].map((index) => startApi(settings(index))));
    key = servers.find(({ adminKey }) => adminKey !== null)!.adminKey!;
    const [block] = await blocksOf("nginx", "deployment.md");
    proxy = await startProxy("nginx", block!, servers[0]!.url, servers[1]!.url);
    await start("large", ["--slots", "2", "--labels", "gpu=1,lab"]);
    await start("small", ["--slots", "1", "--labels", "lab"]);
  });
  afterAll(async () => {
    await Promise.all(Object.values(workers).map(({ worker }) => worker.stop()));
    await proxy?.stop();
    await Promise.all((servers ?? []).map((server) => server.stop()));
    await temporary?.close();
    if (machines) await rm(machines, { recursive: true, force: true });
  });

  test("they come by https, believe the proxy's certificate, and see nothing of the servers' folder", async () => {
    await expect.poll(async () => (await workersOf(platform)).map(({ name }) => name)).toEqual(["large", "small"]);
    const { pid } = workers.large!.worker.process;
    const [shell] = execFileSync("pgrep", ["-P", String(pid)], { encoding: "utf8" })
      .trim()
      .split("\n");
    const seen = execFileSync("nsenter", ["-t", shell!, "-m", "ls", "-A", temporary.folder], { encoding: "utf8" });
    expect(seen).toBe("");
  });

  test("a run goes where its label is offered, one at a time where that is limited", async () => {
    const sleeping = { kind: "sleep", labels: ["gpu"], config: { steps: 10, stepMs: 50 } };
    const runs = await Promise.all(
      (await Promise.all([launch(sleeping), launch(sleeping)])).map((id) => untilRun(platform, id)),
    );
    expect(runs.map(({ state }) => state)).toEqual(["SUCCEEDED", "SUCCEEDED"]);
    expect(workers.small!.executions.attempts()).toEqual([]);
    const [first, second] = runs
      .map(({ attempts }) => attempts[0]!)
      .toSorted((a, b) => (a.startedAt < b.startedAt ? -1 : 1));
    expect(first!.endedAt! <= second!.startedAt).toBe(true);
  });

  test("a playground is answered through whichever server its client came to", async () => {
    for (let client = 0; client < 4; client++) {
      const body = JSON.stringify({ prompt: "How do I heat the mirror?", model: "tiny-world:quick", maxNewTokens: 5 });
      const answer = await ask("/api/generate", { method: "POST", body });
      const chunks = [...(await answer.text()).matchAll(/^data: (.*)$/gm)].map(([, data]) =>
        GenerateChunk.parse(JSON.parse(data!)),
      );
      expect(chunks.at(-1)).toMatchObject({ type: "end", row: 0 });
    }
  });

  test("a study runs across both; when one is killed in a training the other goes on from its checkpoint", async () => {
    const quick = STUDY_TEMPLATES.find(({ name }) => name === "quick")!.config;
    const [method] = quick.methods;
    const training = { ...method!.training, steps: 40, checkpointEvery: 10 };
    const config = {
      ...quick,
      baseWeights: "float32",
      seeds: [1, 2],
      task: { ...quick.task, testPrompts: 4 },
      methods: [{ ...method, training }],
    };
    const id = await launch({ kind: "study", config, labels: ["lab"] });
    const runOf = (run: string): Promise<RunView> => platform.insist<RunView>("GET", `/api/runs/${run}`);
    let victim: { id: string; at: string } | undefined;
    for (const deadline = Date.now() + 120_000; victim === undefined; await sleep(100)) {
      const { children } = await runOf(id);
      for (const child of await Promise.all(children.map((one) => runOf(one.id)))) {
        const at = child.kind === "train" && child.state === "RUNNING" ? await where(child.id) : undefined;
        if (at !== undefined && child.checkpoints.length > 0) victim = { id: child.id, at };
      }
      if (Date.now() > deadline) throw new Error(`no training has saved a checkpoint: ${workers.large!.worker.said()}`);
    }
    workers[victim.at]!.worker.process.kill("SIGKILL"); // and with it all of its machine
    const study = await untilRun(platform, id, undefined, 600_000);
    expect(`${study.state} ${study.reason}`.trim()).toBe("SUCCEEDED");
    const trained = await runOf(victim.id);
    expect(trained.attempts.map(({ state }) => state)).toEqual(["LOST", "SUCCEEDED"]);
    expect(trained.attempts[1]!.resumedFromStep).toBeGreaterThanOrEqual(10);
    const { series } = await platform.insist<{ series: { step: number[] }[] }>(
      "GET",
      `/api/metrics/history?runs=${victim.id}&keys=loss&points=2000`,
    );
    expect(series[0]!.step).toEqual([...new Set(series[0]!.step)]); // no step twice
    for (const { executions } of Object.values(workers)) expect(executions.attempts()).not.toEqual([]);
  }, 900_000);
});

function canUnshare(): boolean {
  try {
    execFileSync(NAMESPACES[0]!, [...NAMESPACES.slice(1), "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findCheckpoint } from "@uniarm/core";
import { tinyWorldModel } from "@uniarm/tiny-world";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { importedRun } from "../../../src/runs/import-folder.ts";
import { startPlatform, temporaryFolder, untilRun, type Platform, type RunView } from "./platform.ts";
import { uniarm as uniarmIn, type Printed } from "./uniarm.ts";

let platform: Platform;

const uniarm = (...args: string[]): Printed => uniarmIn(platform.folder, args);

const launchSleep = async (config: object, more: object = {}): Promise<string> =>
  (await platform.call<{ id: string }>("POST", "/api/runs", { kind: "sleep", config, ...more })).id;

/** A sleeping run counts its steps; what its process takes are other metrics. */
const stepsDone = ({ series }: RunView): number => series.find(({ key }) => key === "value")?.last ?? 0;

beforeAll(async () => {
  const folder = await temporaryFolder();
  const demo = uniarmIn(folder, ["demo", "--quick", "--output", join(folder, "demo")]);
  expect(demo.code, demo.err).toBe(0);
  platform = await startPlatform({ folder, flags: ["--lease", "4", "--slots", "4", "--log-level", "debug"] });
});
afterAll(async () => {
  await platform.stop();
  await platform.remove();
});

describe("a demo that ran without a server", () => {
  test("is shown by the next one, with its checkpoint, metrics and front", async () => {
    let found: RunView | undefined;
    for (let attempt = 0; attempt < 150 && found?.state !== "SUCCEEDED"; attempt++) {
      const { runs } = await platform.call<{ runs: RunView[] }>("GET", "/api/runs?filter=kind%20%3D%20demo");
      found = runs[0];
      await sleep(100);
    }
    const run = await platform.call<
      RunView & { artifacts: { name: string }[]; fronts: { name: string; hypervolume: number }[] }
    >("GET", `/api/runs/${found!.id}`);
    expect(run.state).toBe("SUCCEEDED");
    expect(run.checkpoints.map(({ step }) => step)).toEqual([20, 25]); // of the pairs, then of the round
    expect(run.series.find(({ key }) => key === "loss")?.count).toBe(25);
    expect(run.artifacts.map(({ name }) => name)).toEqual([
      "base",
      "front",
      "generations",
      "pairs",
      "report",
      "scores",
    ]);
    const report = JSON.parse(await readFile(join(platform.folder, "demo/report.json"), "utf8")) as {
      front: { hypervolume: { value: number } };
    };
    expect(run.fronts.find(({ name }) => name === "uniarm")?.hypervolume).toBe(report.front.hypervolume.value);
    expect(await readdir(join(platform.folder, "inbox"))).toEqual([]);
    const shown = uniarm("fronts", "ls");
    expect(shown.out).toContain("uniarm");
    expect(shown.out).toContain(report.front.hypervolume.value.toFixed(3));
  });
});

describe("a folder of the command line's", () => {
  test("is imported as a run once, with its checkpoint, metrics and report, and its ARM steers in the playground", async () => {
    const arm = join(platform.folder, "own-arm");
    await mkdir(arm);
    const trained = (await findCheckpoint(join(platform.folder, "demo/training")))!;
    await cp(trained, arm, { recursive: true });
    await cp(join(platform.folder, "demo/report.json"), join(arm, "report.json"));
    const events = join(platform.folder, "printed.jsonl");
    await writeFile(events, `${JSON.stringify({ type: "metric", step: 7, values: { loss: 0.5 } })}\n`);
    const args = [
      "runs",
      "import",
      arm,
      "--model",
      tinyWorldModel("quick"),
      "--events",
      events,
      "--data",
      platform.folder,
    ];
    expect(uniarm(...args).out).toContain("own-arm: checkpoint of step 5, report own-arm.");
    const found = (): { id: string; kind: string }[] =>
      (JSON.parse(uniarm("runs", "ls", "kind = import", "--json").out) as { runs: { id: string; kind: string }[] })
        .runs;
    await expect.poll(() => found().length, { timeout: 30_000, interval: 500 }).toBe(1);
    const { id } = found()[0]!;
    const run = await untilRun(platform, id);
    expect(run).toMatchObject({ state: "SUCCEEDED", checkpoints: [{ step: 5 }], series: [{ key: "loss", count: 1 }] });
    const asked = { arm: id, prompt: "What?", preferences: [[0.5, 0.5]], maxNewTokens: 4 };
    const answered = await fetch(`${platform.url}/api/generate`, {
      method: "POST",
      headers: { ...platform.headers, "content-type": "application/json" },
      body: JSON.stringify({ project: "default", ...asked }),
    });
    expect(await answered.text()).toContain('"finish":');
    expect(uniarm(...args).code).toBe(0); // the same folder is the same run
    await expect.poll(() => readdir(join(platform.folder, "inbox")), { timeout: 20_000, interval: 500 }).toEqual([]);
    expect(found()).toHaveLength(1);
  });

  test("of a demo comes with the ARM that it trained, and the model that this steers", async () => {
    const asked = { project: "default", name: undefined, model: undefined, events: undefined };
    const { config, events } = await importedRun({ folder: join(platform.folder, "demo"), ...asked });
    expect(config.model).toBe(tinyWorldModel("quick"));
    expect(events).toContainEqual(expect.objectContaining({ type: "checkpoint", step: 5 }));
  });

  test("whose checkpoint was cut off, whose events are none, or that is not there, is refused, and leaves no notice", async () => {
    const broken = join(platform.folder, "cut-arm");
    await cp(join(platform.folder, "own-arm"), broken, { recursive: true });
    await writeFile(join(broken, "adapter.safetensors"), Buffer.alloc(100));
    const events = join(platform.folder, "odd.jsonl");
    await writeFile(events, `${JSON.stringify({ type: "metric", step: "x", values: 3 })}\n`);
    const refused = (...args: string[]): [number | null, string] => {
      const { code, err } = uniarm("runs", "import", ...args, "--data", platform.folder);
      return [code, err];
    };
    expect(refused(broken)).toEqual([2, expect.stringContaining("adapter.safetensors")]);
    expect(refused(join(platform.folder, "own-arm"), "--events", events)).toEqual([
      2,
      expect.stringContaining("The metric of step x in"),
    ]);
    expect(refused(join(platform.folder, "nowhere"))).toEqual([2, expect.stringContaining("There is no folder")]);
    expect(await readdir(join(platform.folder, "inbox"))).toEqual([]);
  });

  test("that holds nothing of a run is refused", async () => {
    const empty = join(platform.folder, "empty");
    await mkdir(empty);
    const { code, err } = uniarm("runs", "import", empty, "--data", platform.folder);
    expect([code, err]).toEqual([2, expect.stringContaining("holds nothing to import: no checkpoint")]);
  });
});

describe("a run", () => {
  test("that is cancelled ends within 5 s with a checkpoint of its last step, and goes on from there", async () => {
    const id = await launchSleep({ steps: 1000, stepMs: 50, checkpointEvery: 1000 });
    await untilRun(platform, id, (view) => stepsDone(view) >= 3);
    const asked = Date.now();
    await platform.call("POST", `/api/runs/${id}/cancel`);
    const run = await untilRun(platform, id, undefined, 10_000);
    expect(run.state).toBe("CANCELLED");
    expect(Date.now() - asked).toBeLessThan(5000);
    const last = stepsDone(run);
    expect(run.checkpoints.at(-1)?.step).toBe(last);
    expect(uniarm("runs", "clone", id, "--set", "steps=3").code).toBe(0);
    await platform.call("POST", `/api/runs/${id}/resume`);
    const resumed = await untilRun(platform, id, (view) => stepsDone(view) > last);
    expect(resumed.attempts.at(-1)).toMatchObject({ number: 2, resumedFromStep: last });
    expect(uniarm("runs", "cancel", id).code).toBe(0);
    await untilRun(platform, id);
  });

  test("whose worker is killed is found lost and goes on from its last checkpoint on another", async () => {
    const id = await launchSleep({ steps: 150, stepMs: 50, checkpointEvery: 5 });
    await untilRun(platform, id, ({ checkpoints }) => checkpoints.length >= 2);
    const job = (await platform.call<RunView>("GET", `/api/runs/${id}`)).attempts[0]!.pid!;
    const worker = Number((await readFile(`/proc/${job}/stat`, "utf8")).split(") ")[1]!.split(" ")[1]);
    process.kill(worker, "SIGKILL");
    const run = await untilRun(platform, id, undefined, 60_000);
    expect(run.state).toBe("SUCCEEDED");
    expect(run.attempts.map(({ state }) => state)).toEqual(["LOST", "SUCCEEDED"]);
    expect(run.attempts[1]!.resumedFromStep).toBeGreaterThanOrEqual(10);
    const { series } = await platform.call<{ series: { step: number[] }[] }>(
      "GET",
      `/api/metrics/history?runs=${id}&keys=value`,
    );
    expect(series[0]!.step).toEqual(Array.from({ length: 150 }, (_, index) => index + 1));
  });

  test("that fails says why, and its log has what its process printed", async () => {
    const id = await launchSleep({ steps: 10, stepMs: 1, failAtStep: 2 });
    const run = await untilRun(platform, id);
    expect(run).toMatchObject({ state: "FAILED", reason: "Failed after step 2, as its config asks." });
    const logs = uniarm("runs", "logs", "-f", id);
    expect(logs.out).toContain("Failed after step 2");
    expect(logs.code).toBe(2);
  });

  test("whose checkpoint's files are gone says so instead of starting over in silence", async () => {
    const id = await launchSleep({ steps: 140, stepMs: 50, checkpointEvery: 5 });
    await untilRun(platform, id, ({ checkpoints }) => checkpoints.length >= 1);
    await platform.call("POST", `/api/runs/${id}/cancel`);
    expect((await untilRun(platform, id)).state).toBe("CANCELLED");
    const { checkpoints } = await platform.call<{ checkpoints: { files: { sha256: string }[] }[] }>(
      "GET",
      `/api/runs/${id}/checkpoints`,
    );
    for (const { files } of checkpoints)
      for (const { sha256 } of files) {
        await rm(join(platform.folder, "blobs", sha256.slice(0, 2), sha256), { force: true });
        await rm(join(platform.folder, "worker/cache", sha256), { force: true });
      }
    await platform.call("POST", `/api/runs/${id}/resume`);
    const run = await untilRun(platform, id);
    expect(run.state).toBe("FAILED");
    expect(run.reason).toContain("is not in the store");
    expect(run.reason).toContain(`uniarm runs retry ${id}`);
    await platform.call("POST", `/api/runs/${id}/retry`);
    expect((await untilRun(platform, id)).state).toBe("SUCCEEDED");
  });

  test("with a setting that does not exist is refused with the nearest one", async () => {
    await expect(launchSleep({ stpes: 3 })).rejects.toThrow("stpes: there is no such setting; did you mean steps?");
    const launch = {
      kind: "train",
      config: { model: "m", pairs: "p", objectives: [{ name: "a", description: "a" }], optimizer: { learninRate: 1 } },
    };
    await expect(platform.call("POST", "/api/runs", launch)).rejects.toThrow(
      "optimizer.learninRate: there is no such setting; did you mean optimizer.learningRate?",
    );
    const study = { kind: "study", config: { methods: [{ name: "a", training: { batchPars: 2 } }] } };
    await expect(platform.call("POST", "/api/runs", study)).rejects.toThrow(
      "methods[0].training.batchPars: there is no such setting; did you mean methods[0].training.batchPairs?",
    );
  });
});

test("a dataset is uploaded, listed and removed", async () => {
  const file = join(platform.folder, "pairs.jsonl");
  await writeFile(file, '{"a":1}\n{"a":2}\n');
  const added = uniarm("datasets", "add", "mine", file);
  expect(added.out, added.err).toContain("dataset:mine");
  const { datasets } = JSON.parse(uniarm("datasets", "ls", "--json").out) as {
    datasets: { id: string; name: string; rows: number; size: number }[];
  };
  expect(datasets).toMatchObject([{ name: "mine", rows: 2, size: 16 }]);
  expect(uniarm("datasets", "rm", datasets[0]!.id).code).toBe(0);
  const absent = uniarm("datasets", "add", "mine", "/nonexistent");
  expect(absent.code).toBe(2);
  expect(absent.err).toContain("/nonexistent cannot be read");
  expect(uniarm("projects", "ls").out).toContain("default");
});

test("a command without a server says how to start one", () => {
  const { code, err } = uniarmIn("/nonexistent", ["runs", "ls"]);
  expect(code).toBe(2);
  expect(err).toContain("uniarm serve");
});

test("no secret is in what server and worker printed, also of requests that failed", async () => {
  const key = (await readFile(join(platform.folder, "local-key"), "utf8")).trim();
  const wrong = `${key.slice(0, -4)}0000`;
  const ask = async (path: string, secret: string, body?: object): Promise<number> => {
    const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };
    const sent = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    return (await fetch(`${platform.url}${path}`, { headers, ...sent })).status;
  };
  expect(await ask(`/api/runs?key=${key}`, key)).toBe(200);
  expect(await ask("/api/runs", key, { kind: "sleep", config: { key } })).toBe(400);
  expect(await ask("/trpc/runs.launch", key, { kind: key })).toBe(400);
  expect(await ask("/api/runs", wrong)).toBe(401);
  await expect.poll(() => platform.errors(), { timeout: 30_000 }).toContain("ready for work"); // of the worker
  const printed = platform.errors();
  expect(printed).toContain('"msg":"request"');
  for (const secret of [key, wrong, platform.adminKey!]) expect(printed).not.toContain(secret);
});

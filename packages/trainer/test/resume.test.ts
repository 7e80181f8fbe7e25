import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createRandom, findCheckpoint, loadCheckpoint, nativeOps, openEngine } from "@uniarm/core";
import { TrainingConfig, type RunEvent } from "@uniarm/core/schema";
import { collect, temporaryFolder, writeTinyModel } from "@uniarm/core/testing";
import { train } from "../src/index.ts";
import { jsonLines, tinyPairs, tinyRun } from "./tiny-run.ts";

await openEngine();

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

const lastCheckpoint = async (run: string, file: string): Promise<Buffer> =>
  readFile(join((await findCheckpoint(run))!, file));

/** Trains in a process of its own and kills it (SIGKILL) once it has done `step` steps. */
async function trainAndKill(config: TrainingConfig, step: number): Promise<void> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL("train-child.ts", import.meta.url)), JSON.stringify(config)],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
    if (printed.includes(`metric ${step}\n`)) child.kill("SIGKILL");
  });
  const [, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  expect(signal).toBe("SIGKILL");
}

/** Trains until `step` steps are done, then aborts. */
async function trainAndAbort(config: TrainingConfig, step: number): Promise<RunEvent[]> {
  const stop = new AbortController();
  const events: RunEvent[] = [];
  for await (const event of train(config, { signal: stop.signal })) {
    events.push(event);
    if (event.type === "progress" && event.done === step) stop.abort();
  }
  return events;
}

test("40 steps straight, and 17 steps, kill -9 and resume, end with the same bytes", async () => {
  const config = await tinyRun(folder.path, { steps: 40, checkpointEvery: 5, preferenceShuffled: true });
  const killed = { ...config, output: join(folder.path, "killed") };
  await trainAndKill(killed, 17);
  expect(await findCheckpoint(killed.output)).toBe(join(killed.output, "checkpoints", "step-000015"));
  const events = await collect(train(killed, { resume: true }));
  expect(events.find((event) => event.type === "notice")).toMatchObject({
    code: "resumed",
    message: "Resumed after step 15 of 40.",
  });
  expect(events.find((event) => event.type === "metric")).toMatchObject({ step: 16 });

  await collect(train(config));
  for (const file of ["adapter.safetensors", "resume.safetensors", "resume.json"]) {
    expect((await lastCheckpoint(killed.output, file)).equals(await lastCheckpoint(config.output, file)), file).toBe(
      true,
    );
  }
});

test.skipIf(nativeOps() === null).each(["int8", "int4"] as const)(
  "a run on a base in %s learns, says so in its manifest, and goes on to the bytes of one that was not stopped",
  async (baseWeights) => {
    const config = await tinyRun(folder.path, { steps: 12, baseWeights });
    const stopped = { ...config, output: join(folder.path, "stopped") };
    await trainAndAbort(stopped, 5);
    await collect(train({ ...stopped, baseWeights: undefined }, { resume: true })); // what the run began with is kept
    const events = await collect(train(config));
    const losses = events.flatMap((event) =>
      event.type === "metric" && "loss" in event.values ? [event.values.loss] : [],
    );
    expect(losses.at(-1)!).toBeLessThan(losses[0]!);
    const stored = (await lastCheckpoint(config.output, "manifest.json")).toString();
    expect(stored).toContain(`"baseWeights": "${baseWeights}"`);
    expect(
      (await lastCheckpoint(stopped.output, "adapter.safetensors")).equals(
        await lastCheckpoint(config.output, "adapter.safetensors"),
      ),
    ).toBe(true);
  },
);

test.each(["parm", "genarm"] as const)(
  "a %s run that was stopped goes on to the bytes of one that was not",
  async (method) => {
    const config = await tinyRun(folder.path, { method, steps: 8, batchPairs: 6, accumulationSteps: 2 });
    const stopped = { ...config, output: join(folder.path, "stopped") };
    await trainAndAbort(stopped, 3);
    await collect(train(stopped, { resume: true }));
    await collect(train(config));
    expect(
      (await lastCheckpoint(stopped.output, "adapter.safetensors")).equals(
        await lastCheckpoint(config.output, "adapter.safetensors"),
      ),
    ).toBe(true);
  },
);

test("an abort finishes the step in progress, leaves a loadable checkpoint and says how to resume", async () => {
  const config = await tinyRun(folder.path, { steps: 30 });
  const events = await trainAndAbort(config, 4);
  expect(events.slice(-2)).toEqual([
    { type: "checkpoint", step: 4, path: join(config.output, "checkpoints", "step-000004") },
    {
      type: "stopped",
      step: 4,
      message: `Stopped after 4 of 30 steps; nothing is lost. Resume with: uniarm train --resume ${config.output}`,
    },
  ]);
  const { manifest, arms } = await loadCheckpoint(config.output);
  expect([manifest.step, manifest.method, manifest.objectives.map(({ name }) => name)]).toEqual([
    4,
    "uniarm",
    ["helpful", "harmless"],
  ]);
  for (const arm of arms) arm.dispose();
});

test("a run that was stopped before its first step starts from its beginning", async () => {
  const config = await tinyRun(folder.path);
  const stopped = { ...config, output: join(folder.path, "stopped") };
  await collect(train(stopped, { signal: AbortSignal.abort() }));
  await rm(join(stopped.output, "checkpoints"), { recursive: true }); // as if it had been killed even earlier
  await collect(train(stopped, { resume: true }));
  await collect(train(config));
  expect(
    (await lastCheckpoint(stopped.output, "adapter.safetensors")).equals(
      await lastCheckpoint(config.output, "adapter.safetensors"),
    ),
  ).toBe(true);
});

test("resuming a finished run says so and changes nothing", async () => {
  const config = await tinyRun(folder.path);
  await collect(train(config));
  const before = await lastCheckpoint(config.output, "adapter.safetensors");
  const events = await collect(train(config, { resume: true }));
  expect(events.map(({ type }) => type)).toEqual(["started", "notice", "finished"]);
  expect((await lastCheckpoint(config.output, "adapter.safetensors")).equals(before)).toBe(true);
});

test("an output folder that has a run is refused with the two ways on", async () => {
  const config = await tinyRun(folder.path);
  await collect(train(config));
  await expect(collect(train(config))).rejects.toThrow(
    `${config.output} already has a run. Resume it: uniarm train --resume ${config.output}, or choose another output folder.`,
  );
});

test("resuming where there is no run is refused", async () => {
  const config = await tinyRun(folder.path);
  await expect(collect(train(config, { resume: true }))).rejects.toThrow(
    `There is no run to resume in ${config.output} (no config.json). Start one without --resume.`,
  );
});

test("resuming with other settings shows what differs", async () => {
  const config = await tinyRun(folder.path);
  await trainAndAbort(config, 2);
  const changed = TrainingConfig.parse({ ...config, beta: 1, optimizer: { ...config.optimizer, learningRate: 0.02 } });
  await expect(collect(train(changed, { resume: true }))).rejects.toThrow(
    `The run in ${config.output} was started with other settings: optimizer.learningRate was 0.01, now it is 0.02; beta was 0.5, now it is 1. ` +
      `Resume it with its own (uniarm train --resume ${config.output}), or start a new run in another folder.`,
  );
});

test("of a list that differs each entry that does is shown whole", async () => {
  const config = await tinyRun(folder.path);
  await trainAndAbort(config, 2);
  const described = config.objectives[1]!.description;
  const longer = `${described} ${"And so on. ".repeat(10)}`;
  const objectives = [config.objectives[0]!, { ...config.objectives[1]!, description: longer }];
  await expect(collect(train(TrainingConfig.parse({ ...config, objectives }), { resume: true }))).rejects.toThrow(
    `was started with other settings: objectives.1.description was ${JSON.stringify(described)}, now it is ${JSON.stringify(longer)}. Resume`,
  );
});

test("a run goes on with the base weights that it was started with, whatever the machine's default", async () => {
  const config = await tinyRun(folder.path);
  await trainAndAbort({ ...config, baseWeights: "float32" }, 2);
  const recorded = async (): Promise<unknown> =>
    (JSON.parse(await readFile(join(config.output, "config.json"), "utf8")) as TrainingConfig).baseWeights;
  expect(await recorded()).toBe("float32");
  vi.stubEnv("UNIARM_BASE_WEIGHTS", "bfloat16"); // what would be the default by now
  const events = await collect(train(config, { resume: true })); // asks for none: takes the run's
  vi.unstubAllEnvs();
  expect(events.at(-1)?.type).toBe("finished");
  expect(await recorded()).toBe("float32");
  const other: TrainingConfig = { ...config, baseWeights: "bfloat16" };
  await expect(collect(train(other, { resume: true }))).rejects.toThrow(
    'baseWeights was "float32", now it is "bfloat16".',
  );
});

test("a run folder may move", async () => {
  const config = await tinyRun(folder.path);
  await trainAndAbort(config, 2);
  const text = await readFile(join(config.output, "config.json"), "utf8");
  await writeFile(
    join(config.output, "config.json"),
    text.replace(JSON.stringify(config.output), JSON.stringify("/elsewhere/run")),
  );
  expect((await collect(train(config, { resume: true }))).at(-1)?.type).toBe("finished");
});

test("resuming on another base model is refused", async () => {
  const config = await tinyRun(folder.path);
  await trainAndAbort(config, 2);
  await writeTinyModel(config.model, { random: createRandom(99) });
  await expect(collect(train(config, { resume: true }))).rejects.toMatchObject({ code: "checkpoint-base-mismatch" });
});

test("resuming on pairs that changed is refused", async () => {
  const config = await tinyRun(folder.path);
  await trainAndAbort(config, 2);
  await writeFile(config.pairs, jsonLines(tinyPairs(41)));
  await expect(collect(train(config, { resume: true }))).rejects.toThrow(
    `${config.pairs} has changed since the run in ${config.output} was started, so it cannot be continued exactly. ` +
      "Put the old file back, or start a new run in another folder.",
  );
});

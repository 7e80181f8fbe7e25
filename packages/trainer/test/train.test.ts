import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findCheckpoint, loadCheckpoint, tf } from "@uniarm/core";
import { AdapterConfig, LINEAR_MODULES, RunEvent, TrainingConfig } from "@uniarm/core/schema";
import { collect, expectNoTensorLeak, temporaryFolder } from "@uniarm/core/testing";
import { train } from "../src/index.ts";
import { OBJECTIVES, tinyRun } from "./tiny-run.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

const metrics = (events: readonly RunEvent[]): { step: number; values: Record<string, number> }[] =>
  events.filter((event) => event.type === "metric");
const adapterBytes = async (run: string): Promise<Buffer> =>
  readFile(join((await findCheckpoint(run))!, "adapter.safetensors"));

test("a run says what it starts, sees in the data, does in each step, saves and finishes", async () => {
  const config = await tinyRun(folder.path, { checkpointEvery: 4, validationEvery: 3 });
  const events = await collect(train(config));
  for (const event of events) RunEvent.parse(event);
  expect(events.map(({ type }) => type).join(" ")).toBe(
    "started notice notice notice metric metric progress metric progress metric progress progress progress progress metric metric progress checkpoint metric progress metric progress progress progress progress metric checkpoint finished",
  );
  expect(events[0]).toEqual({ type: "started", kind: "train", total: 6 });
  expect(events[1]).toMatchObject({
    code: "data",
    message: expect.stringMatching(
      /^40 pairs\. In \d+ % the objectives prefer different responses: only those teach a trade-off\. Ties: helpful \d+ %, harmless \d+ %\.$/,
    ) as string,
  });
  expect(events[2]).toMatchObject({
    code: "pairs-odd",
    message: expect.stringMatching(
      /^Of 52 pairs \d+ have twice the same response, which compares nothing\.$/,
    ) as string,
  });
  expect(events.filter((event) => event.type === "progress" && event.unit === "steps").at(-1)).toEqual({
    type: "progress",
    phase: "train",
    done: 6,
    total: 6,
    unit: "steps",
  });
  expect(events.at(-1)).toEqual({
    type: "finished",
    message: `Trained for 6 steps; the checkpoint is in ${config.output}.`,
  });

  const [data, first] = metrics(events);
  expect(data!.values["data/pairs"]).toBe(40);
  expect(Object.keys(first!.values).sort()).toEqual([
    "accuracy",
    "accuracy/harmless",
    "accuracy/helpful",
    "gradientNorm",
    "learningRate",
    "loss",
    "loss/harmless",
    "loss/helpful",
    "tokens",
  ]);
  expect(first!.values.learningRate).toBe(0);
  const validation = metrics(events).find(({ values }) => "validation/loss" in values)!;
  expect(validation.step).toBe(3);
  const perObjective = ["helpful", "harmless"].flatMap((name) =>
    ["loss", "accuracy", "conflictAccuracy"].map((kind) => `validation/${kind}/${name}`),
  );
  expect(Object.keys(validation.values).sort()).toEqual(
    ["validation/accuracy", "validation/loss", ...perObjective].sort(),
  );
});

/** Enough to learn the tiny pairs: all linear modules adapted, a high rate. */
const STRONG = { steps: 40, batchPairs: 16, beta: 1, optimizer: { learningRate: 0.03, warmupSteps: 4 } };
const strongAdapter = (kind: "moslora" | "pblora" | "lora"): AdapterConfig =>
  AdapterConfig.parse({ kind, targets: LINEAR_MODULES });

/** A held-out number of each objective at its own corner, where the objectives want opposite things; at the end of a run. */
async function atCorners(config: TrainingConfig, kind: "loss" | "conflictAccuracy"): Promise<number[]> {
  const { values } = metrics(await collect(train(config))).at(-1)!;
  return OBJECTIVES.map(({ name }) => values[`validation/${kind}/${name}`]!);
}

test.each([
  ["uniarm", "moslora"],
  ["parm", "pblora"],
  ["genarm", "lora"],
] as const)("%s learns which response each objective prefers where they disagree", async (method, kind) => {
  const config = await tinyRun(folder.path, { ...STRONG, method, adapter: strongAdapter(kind) });
  for (const accuracy of await atCorners(config, "conflictAccuracy")) expect(accuracy).toBeGreaterThan(0.85);
});

test("the shuffled control learns no steering: over both corners its loss stays near log 2", async () => {
  const config = await tinyRun(folder.path, { ...STRONG, adapter: strongAdapter("moslora") });
  const meanLoss = async (name: string, preferenceShuffled: boolean): Promise<number> => {
    const [helpful, harmless] = await atCorners(
      { ...config, output: join(folder.path, name), preferenceShuffled },
      "loss",
    );
    return (helpful! + harmless!) / 2;
  };
  expect(await meanLoss("straight", false)).toBeLessThan(0.4);
  expect(await meanLoss("shuffled", true)).toBeGreaterThan(0.55);
});

test("genarm trains one LoRA for each objective, each on its own winners", async () => {
  const config = await tinyRun(folder.path, { method: "genarm" });
  await collect(train(config));
  const { manifest, arms } = await loadCheckpoint(config.output);
  expect(manifest.method).toBe("genarm");
  expect(arms.map((arm) => [arm.config.kind, arm.objectiveCount])).toEqual([
    ["lora", 1],
    ["lora", 1],
  ]);
  const name = Object.keys(arms[0]!.tensors).find((key) => key.includes("lora_B"))!;
  const [helpful, harmless] = arms.map((arm) => Array.from(arm.tensors[name]!.dataSync()));
  expect(helpful!.some((value) => value !== 0)).toBe(true);
  expect(helpful).not.toEqual(harmless);
  for (const arm of arms) arm.dispose();
});

test("the same seed gives the same bytes, another seed others", async () => {
  const config = await tinyRun(folder.path);
  const run = async (name: string, seed: number): Promise<Buffer> => {
    const output = join(folder.path, name);
    await collect(train({ ...config, output, seed }));
    return adapterBytes(output);
  };
  const first = await run("first", 5);
  expect((await run("second", 5)).equals(first)).toBe(true);
  expect((await run("third", 6)).equals(first)).toBe(false);
});

test("accumulating micro-batches gives the losses of the whole batch", async () => {
  const config = await tinyRun(folder.path, { steps: 4 });
  const losses = async (accumulationSteps: number): Promise<number[]> => {
    const output = join(folder.path, `accumulate-${accumulationSteps}`);
    const events = await collect(train(TrainingConfig.parse({ ...config, output, accumulationSteps })));
    return metrics(events).flatMap(({ values }) => (values.loss === undefined ? [] : [values.loss]));
  };
  const whole = await losses(1);
  (await losses(4)).forEach((loss, step) => expect(loss).toBeCloseTo(whole[step]!, 4));
});

test("a global loss is reported and changes what is learnt", async () => {
  const config = await tinyRun(folder.path, { globalLoss: "G2", globalWeight: 0.5 });
  const values = metrics(await collect(train(config))).at(-2)!.values;
  expect(values["loss/global"]).toBeGreaterThan(0);
  const weighted = (values["loss/helpful"]! + values["loss/harmless"]!) / 2;
  expect(values.loss).not.toBeCloseTo(weighted, 3);
});

test("only the newest checkpoints are kept", async () => {
  const config = await tinyRun(folder.path, { checkpointEvery: 1, keepCheckpoints: 2 });
  await collect(train(config));
  expect(await readdir(join(config.output, "checkpoints"))).toEqual(["step-000005", "step-000006"]);
});

test("50 steps leave the number of tensors and their bytes where they were", async () => {
  const config = await tinyRun(folder.path, { steps: 50, accumulationSteps: 2 });
  await expectNoTensorLeak(async () => {
    const seen: string[] = [];
    for await (const event of train(config)) {
      if (event.type === "progress" && event.unit === "steps")
        seen.push(`${tf.memory().numTensors} tensors, ${tf.memory().numBytes} bytes`);
    }
    expect(seen).toHaveLength(50);
    expect(new Set(seen).size).toBe(1);
  });
});

test("a consumer that stops listening frees all memory", async () => {
  const config = await tinyRun(folder.path);
  await expectNoTensorLeak(async () => {
    for await (const event of train(config)) if (event.type === "progress") break;
  });
});

test("a validation reads a sample of the held-out pairs, the same each time; its cost is said before, and how far it is", async () => {
  const folder = await temporaryFolder();
  try {
    const config = await tinyRun(folder.path, { validationLimit: 6, validationEvery: 3 });
    const events = await collect(train(config));
    const notices = events.flatMap((event) => (event.type === "notice" ? event.message : []));
    expect(notices).toContain(
      "Every 3 steps, and after the last, a validation reads 6 of 12 held-out pairs at 5 preferences: about the time of 3 steps. validationLimit and validationEvery make it less.",
    );
    const read = events.flatMap((event) =>
      event.type === "progress" && event.phase === "validate" ? `${event.done}/${event.total}` : [],
    );
    expect(read).toEqual(["4/6", "6/6", "4/6", "6/6"]);
    const again = await tinyRun(folder.path, {
      validationLimit: 6,
      validationEvery: 6,
      output: `${config.output}-again`,
    });
    const last = (all: RunEvent[]): unknown =>
      metrics(all).findLast(({ values }) => "validation/loss" in values)!.values;
    expect(last(await collect(train(again)))).toEqual(last(events));
  } finally {
    await folder.remove();
  }
});

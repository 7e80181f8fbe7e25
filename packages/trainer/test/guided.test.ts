import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findCheckpoint, tf } from "@uniarm/core";
import { TrainingConfig, type Method } from "@uniarm/core/schema";
import { collect, expectNoTensorLeak, temporaryFolder } from "@uniarm/core/testing";
import { train } from "../src/index.ts";
import { accuracyAtCorners, learning, metricsOf } from "./learning.ts";
import { tinyRun } from "./tiny-run.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

const WINNERS = { policy: "guided" };
const MARGINS = { policy: "guided", loss: "margins", rewardTemperature: 0.5 };

test.each<[Method, string, Record<string, unknown>]>([
  ["uniarm", "winners", WINNERS],
  ["uniarm", "margins", MARGINS],
  ["parm", "winners", WINNERS],
  ["parm", "margins", MARGINS],
  ["genarm", "winners", WINNERS],
  ["genarm", "margins", MARGINS],
])("%s learns from %s, by what is decoded, which response each objective prefers", async (method, _, changes) => {
  const config = await tinyRun(folder.path, learning(method, { ...changes, steps: 16 }));
  for (const accuracy of await accuracyAtCorners(config)) expect(accuracy).toBeGreaterThan(0.85);
});

test("margins teach the ARM alone too", async () => {
  const config = await tinyRun(folder.path, learning("uniarm", { ...MARGINS, policy: "arm", steps: 16 }));
  for (const accuracy of await accuracyAtCorners(config)) expect(accuracy).toBeGreaterThan(0.85);
});

test("the same seed gives the same bytes; another strength, policy or reward temperature others", async () => {
  const config = await tinyRun(folder.path, MARGINS);
  const run = async (name: string, changes: Record<string, unknown> = {}): Promise<string> => {
    const output = join(folder.path, name);
    await collect(train(TrainingConfig.parse({ ...config, output, ...changes })));
    return readFile(join((await findCheckpoint(output))!, "adapter.safetensors"), "base64");
  };
  const first = await run("first");
  expect(await run("again")).toBe(first);
  expect(await run("default strength", { trainingStrength: 1 })).toBe(first);
  const others = [
    await run("stronger", { trainingStrength: 2 }),
    await run("arm", { policy: "arm" }),
    await run("cooler", { rewardTemperature: 0.05 }),
  ];
  expect(new Set([first, ...others]).size).toBe(4);
});

test("accumulating micro-batches and computing layers again give the losses of the whole batch", async () => {
  const config = await tinyRun(folder.path, { ...MARGINS, steps: 4 });
  const losses = async (name: string, changes: Partial<TrainingConfig>): Promise<number[]> => {
    const output = join(folder.path, name);
    const events = await collect(train(TrainingConfig.parse({ ...config, ...changes, output })));
    return metricsOf(events).flatMap(({ loss }) => loss ?? []);
  };
  const whole = await losses("whole", {});
  for (const other of [await losses("parts", { accumulationSteps: 4 }), await losses("again", { recompute: true })])
    other.forEach((loss, step) => expect(loss).toBeCloseTo(whole[step]!, 4));
});

test.each(["uniarm", "genarm"] as const)("%s leaves nothing behind, finished or abandoned", async (method) => {
  const config = await tinyRun(folder.path, { ...MARGINS, method, steps: 8, accumulationSteps: 2, validationEvery: 2 });
  await expectNoTensorLeak(async () => {
    const seen = new Set<string>();
    for await (const event of train(config))
      if (event.type === "progress") seen.add(`${tf.memory().numTensors} tensors, ${tf.memory().numBytes} bytes`);
    expect(seen.size).toBe(1);
  });
  await expectNoTensorLeak(async () => {
    for await (const event of train({ ...config, output: join(folder.path, "left") }))
      if (event.type === "progress") break;
  });
});

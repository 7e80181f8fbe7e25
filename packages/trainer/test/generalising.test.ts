import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findCheckpoint, float32Of, loadCheckpoint, readSafetensors, tf } from "@uniarm/core";
import { TrainingConfig, type Method, type RunEvent } from "@uniarm/core/schema";
import { collect, expectNoTensorLeak, temporaryFolder } from "@uniarm/core/testing";
import { train } from "../src/index.ts";
import { metricsOf } from "./learning.ts";
import { tinyRun } from "./tiny-run.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

const FILES = ["adapter.safetensors", "resume.safetensors", "resume.json"];
const bytesOf = async (run: string): Promise<string[]> => {
  const newest = (await findCheckpoint(run))!;
  return Promise.all(FILES.map((file) => readFile(join(newest, file), "base64")));
};
const tensorsOf = async (path: string): Promise<Map<string, Float32Array>> => {
  const { tensors } = await readSafetensors(path);
  return new Map([...tensors].map(([name, entry]) => [name, float32Of(entry)]));
};
const runTo = async (config: TrainingConfig, step: number): Promise<RunEvent[]> => {
  const stop = new AbortController();
  const events: RunEvent[] = [];
  for await (const event of train(config, { signal: stop.signal })) {
    events.push(event);
    if (event.type === "progress" && event.unit === "steps" && event.done === step) stop.abort();
  }
  return events;
};
const at = (name: string): string => join(folder.path, name);
const losses = (events: readonly RunEvent[]): number[] => metricsOf(events).flatMap(({ loss }) => loss ?? []);
const messageOf = (events: readonly RunEvent[]): string => {
  const last = events.at(-1);
  return last && "message" in last ? last.message : "";
};

test.each<[Method, Record<string, unknown>]>([
  ["uniarm", { dropout: 0.2 }],
  ["parm", { dropout: 0.2, policy: "guided", recompute: true }],
  ["dpo", { dropout: 0.2, ema: 0.8 }],
  ["genarm", { ema: 0.8 }],
  ["finetune", { ema: 0.8, recipe: "imitation" }],
])("%s with %j that was stopped goes on to the bytes of a run that was not", async (method, changes) => {
  const config = await tinyRun(folder.path, { method, batchPairs: 6, accumulationSteps: 2, ...changes });
  const stopped = { ...config, output: at("stopped") };
  await expectNoTensorLeak(() => runTo(stopped, 3));
  await collect(train(stopped, { resume: true }));
  await collect(train(config));
  expect(await bytesOf(stopped.output)).toEqual(await bytesOf(config.output));
});

test("dropout changes what is learnt, by the seed; a layer that is computed again leaves out the same", async () => {
  const config = await tinyRun(folder.path, { steps: 4 });
  const lossesOf = async (name: string, changes: Record<string, unknown>): Promise<number[]> =>
    losses(await collect(train(TrainingConfig.parse({ ...config, output: at(name), ...changes }))));
  const without = await lossesOf("without", {});
  const some = await lossesOf("some", { dropout: 0.3 });
  expect(some[0]).toBe(without[0]); // a fresh adapter adds nothing, whatever it reads
  expect(some[3]).not.toBe(without[3]);
  expect(await lossesOf("again", { dropout: 0.3 })).toEqual(some);
  (await lossesOf("recomputed", { dropout: 0.3, recompute: true })).forEach((loss, step) =>
    expect(loss).toBeCloseTo(some[step]!, 4),
  );
});

test("held-out pairs are measured without dropout: a run that starts from one has its numbers", async () => {
  const config = await tinyRun(folder.path, { dropout: 0.5 });
  const validated = metricsOf(await collect(train(config))).at(-1);
  const next = TrainingConfig.parse({ ...config, dropout: 0, startFrom: config.output, output: at("next"), steps: 1 });
  expect(metricsOf(await collect(train(next))).at(-1)).toEqual(validated);
});

test("what is saved and validated is the average of the adapters after each step, added up in float64", async () => {
  const decay = 0.7;
  const plain = await tinyRun(folder.path, { checkpointEvery: 1, keepCheckpoints: 100 });
  await collect(train(plain));
  const averaged = TrainingConfig.parse({ ...plain, output: at("averaged"), ema: decay });
  const events = await collect(train(averaged));
  const trained = async (step: number): Promise<Map<string, Float32Array>> =>
    tensorsOf(join(plain.output, "checkpoints", `step-00000${step}`, "adapter.safetensors"));
  const saved = await tensorsOf(join((await findCheckpoint(averaged.output))!, "adapter.safetensors"));
  const mean = new Map([...(await trained(1))].map(([name, values]) => [name, Array.from(values)])); // its rate was 0
  for (let step = 2; step <= 6; step++)
    for (const [name, values] of await trained(step))
      mean.set(
        name,
        mean.get(name)!.map((value, index) => decay * value + (1 - decay) * values[index]!),
      );
  for (const [name, values] of saved)
    values.forEach((value, index) => expect(Math.abs(value - mean.get(name)![index]!), name).toBeLessThan(1e-6));
  const next = TrainingConfig.parse({ ...plain, startFrom: averaged.output, output: at("next"), steps: 1 });
  expect(metricsOf(await collect(train(next))).at(-1)).toEqual(metricsOf(events).at(-1));
});

test("dropout and average leave the number of tensors where it was", async () => {
  const config = await tinyRun(folder.path, {
    method: "dpo",
    dropout: 0.2,
    ema: 0.9,
    steps: 10,
    keepBest: "validation/loss",
    validationEvery: 2,
  });
  await expectNoTensorLeak(async () => {
    const seen = new Set<string>();
    for await (const event of train(config))
      if (event.type === "progress" && event.unit === "steps")
        seen.add(`${tf.memory().numTensors} tensors, ${tf.memory().numBytes} bytes`);
    expect(seen.size).toBe(1);
  });
});

/** At this rate it soon gets worse. */
const WILD = { optimizer: { learningRate: 0.5, warmupSteps: 0 }, validationEvery: 1, steps: 30 };

test("a run ends when its metric gets no better, says so, and is not continued", async () => {
  const earlyStopping = { metric: "validation/loss", patience: 3 };
  const config = await tinyRun(folder.path, { ...WILD, earlyStopping });
  const events = await collect(train(config));
  const validated = metricsOf(events).flatMap((values) => values["validation/loss"] ?? []);
  const best = validated.indexOf(Math.min(...validated)) + 1;
  expect(validated).toHaveLength(best + 3);
  expect(validated.length).toBeLessThan(30);
  expect(messageOf(events)).toBe(
    `Trained for ${best + 3} steps; the checkpoint is in ${config.output}. It ended before 30 steps: validation/loss was best after step ${best} and no better in 3 validations since.`,
  );
  const again = await collect(train(config, { resume: true }));
  expect(metricsOf(again)).toEqual([]);
  expect(messageOf(again)).toBe(messageOf(events));
});

test("stopped in between, it ends at the same step with the same best adapters", async () => {
  const changes = {
    ...WILD,
    earlyStopping: { metric: "validation/loss", patience: 3 },
    keepBest: "validation/accuracy",
  };
  const config = await tinyRun(folder.path, changes);
  const events = await collect(train(config));
  const stopped = { ...config, output: at("stopped") };
  await runTo(stopped, 2);
  const resumed = await collect(train(stopped, { resume: true }));
  expect(messageOf(resumed).replaceAll(stopped.output, config.output)).toBe(messageOf(events));
  const [one, other] = await Promise.all(
    [config, stopped].map(({ output }) => readFile(join(output, "best", "adapter.safetensors"))),
  );
  expect(one!.equals(other!)).toBe(true);
});

test("the adapters with the best value are kept, those of the largest accuracy and of the smallest loss", async () => {
  const config = await tinyRun(folder.path, { ...WILD, steps: 8, checkpointEvery: 1, keepCheckpoints: 100 });
  for (const [metric, best] of [
    ["validation/accuracy/harmless", Math.max],
    ["validation/loss", Math.min],
  ] as const) {
    const output = at(metric.replaceAll("/", "-"));
    const events = await collect(train({ ...config, output, keepBest: metric }));
    const values = metricsOf(events).flatMap((all) => all[metric] ?? []);
    const step = values.indexOf(best(...values)) + 1; // the first of equal ones
    const { manifest, arms } = await loadCheckpoint(join(output, "best"));
    for (const arm of arms) arm.dispose();
    expect(manifest.step).toBe(step);
    const kept = await readFile(join(output, "best", "adapter.safetensors"));
    const then = await readFile(join(output, "checkpoints", `step-00000${step}`, "adapter.safetensors"));
    expect(kept.equals(then)).toBe(true);
    expect(messageOf(events)).toContain(
      `The adapters with the best ${metric}, of step ${step}, are in ${output}/best.`,
    );
  }
});

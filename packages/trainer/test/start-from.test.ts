import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRandom, findCheckpoint } from "@uniarm/core";
import { AdapterConfig, Method, TrainingConfig } from "@uniarm/core/schema";
import { collect, expectNoTensorLeak, temporaryFolder, writeTinyModel } from "@uniarm/core/testing";
import { train } from "../src/index.ts";
import { metricsOf } from "./learning.ts";
import { OBJECTIVES, tinyRun } from "./tiny-run.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const methods = Method.options;
/** A finished run of each method, with the numbers of its last validation. */
const earlier = {} as Record<Method, { config: TrainingConfig; validated: Record<string, number> }>;
beforeAll(async () => {
  folder = await temporaryFolder();
  for (const method of methods) {
    const config = await tinyRun(join(folder.path, method), {
      method,
      ...(method === "modpo" ? { marginFrom: earlier.dpo.config.output } : {}),
      ...(method === "scorer" ? { beta: undefined } : {}),
    });
    earlier[method] = { config, validated: metricsOf(await collect(train(config))).at(-1)! };
  }
});
afterAll(() => folder.remove());

const bytesOf = async (run: string, file = "adapter.safetensors"): Promise<string> =>
  readFile(join((await findCheckpoint(run))!, file), "base64");

let runs = 0;
/** A run in a folder of its own that starts from the ARM of an earlier one. */
const nextOf = (method: Method, changes: Record<string, unknown> = {}): TrainingConfig => {
  const { config } = earlier[method];
  const output = join(folder.path, `next-${runs++}`);
  return TrainingConfig.parse({ ...config, output, startFrom: config.output, ...changes });
};

test.each(methods)(
  "%s: a run that starts from another one's ARM has, before its first update, that one's held-out numbers",
  async (method) => {
    // warm-up starts at rate 0: the first step changes nothing
    const { config, validated } = earlier[method];
    const next = nextOf(method, { steps: 1, seed: 7 });
    expect(Object.keys(validated)).toContain("validation/loss");
    expect(metricsOf(await collect(train(next))).at(-1)).toEqual(validated);
    expect(await bytesOf(next.output)).toBe(await bytesOf(config.output));
  },
);

test("it goes on from there, with another loss and policy too, and leaves the earlier run as it was", async () => {
  const changes = { loss: "imitation", policy: "guided", rewardTemperature: 0.5, seed: 7 };
  const next = nextOf("uniarm", changes);
  const before = await bytesOf(next.startFrom!);
  await expectNoTensorLeak(() => collect(train(next)));
  expect(await bytesOf(next.startFrom!)).toBe(before);
  const fresh = { ...next, startFrom: undefined, output: `${next.output}-fresh` };
  await collect(train(fresh));
  expect(new Set([before, await bytesOf(next.output), await bytesOf(fresh.output)]).size).toBe(3);
});

test("a checkpoint's own folder does as well as the run's", async () => {
  const next = nextOf("uniarm");
  await collect(train(next));
  const startFrom = (await findCheckpoint(next.startFrom!))!;
  const other = { ...next, startFrom, output: `${next.output}-too` };
  await collect(train(other));
  expect(await bytesOf(other.output)).toBe(await bytesOf(next.output));
});

test.each([0, 3])("stopped after %i steps and resumed it ends with the bytes of one that was not", async (steps) => {
  const next = nextOf("uniarm");
  const stopped = { ...next, output: `${next.output}-stopped` };
  const stop = new AbortController();
  if (steps === 0) stop.abort();
  for await (const event of train(stopped, { signal: stop.signal }))
    if (event.type === "progress" && event.done === steps) stop.abort();
  await collect(train(stopped, { resume: true }));
  await collect(train(next));
  for (const file of ["adapter.safetensors", "resume.safetensors", "resume.json"])
    expect(await bytesOf(stopped.output, file), file).toBe(await bytesOf(next.output, file));
});

test.each<[string, Record<string, unknown>, string, RegExp]>([
  [
    "another method",
    { method: "parm", adapter: undefined },
    "start-adapter-differs",
    /holds a uniarm ARM with the adapter \{.*"kind":"moslora".*\}; this run trains parm with \{"kind":"pblora".*\}\. Give both the same method and adapter, or leave out startFrom\./,
  ],
  [
    "another size of adapter",
    { adapter: AdapterConfig.parse({ kind: "moslora", rank: 2 }) },
    "start-adapter-differs",
    /holds a uniarm ARM with the adapter \{.*"rank":4.*\}; this run trains uniarm with \{.*"rank":2.*\}/,
  ],
  [
    "other objectives",
    { objectives: [OBJECTIVES[0]] },
    "checkpoint-objectives-mismatch",
    /was trained on objectives \[helpful, harmless\] but this run asks for \[helpful\]/,
  ],
  [
    "objectives in another order",
    { objectives: [...OBJECTIVES].reverse() },
    "checkpoint-objectives-mismatch",
    /Give objectives and preferences in the checkpoint's order: \[helpful, harmless\]/,
  ],
  [
    "objectives that it does not know yet, unless they are said to be added",
    { objectives: [...OBJECTIVES, { name: "witty", description: "Tell a joke." }], missingLabels: "mask" },
    "checkpoint-objectives-mismatch",
    /was trained on objectives \[helpful, harmless\] but this run asks for \[helpful, harmless, witty\]\..* To add witty to it, set addedObjectives/,
  ],
  [
    "other objectives before the added ones",
    {
      objectives: [{ ...OBJECTIVES[1]! }, { ...OBJECTIVES[0]! }, { name: "witty", description: "Tell a joke." }],
      addedObjectives: ["witty"],
      missingLabels: "mask",
    },
    "checkpoint-objectives-mismatch",
    /was trained on objectives \[helpful \(Say how to do it\.\), harmless \(Stay away from danger\.\)\] but before \[witty\] this run has \[harmless \(Stay away from danger\.\), helpful \(Say how to do it\.\)\]/,
  ],
  [
    "another description of its objectives",
    { objectives: [OBJECTIVES[0], { name: "harmless", description: "Be careful." }] },
    "start-description-differs",
    /knows harmless as "Stay away from danger\."; this run describes it as "Be careful\."/,
  ],
])("the ARM of a run with %s is refused", async (_, changes, code, sentence) => {
  const next = nextOf("uniarm", changes);
  await expectNoTensorLeak(async () => {
    await expect(collect(train(next))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(sentence) as string,
    });
  });
});

test("an ARM of another base model is refused", async () => {
  const next = nextOf("uniarm", { model: join(folder.path, "another") });
  await writeTinyModel(next.model, { random: createRandom(99) });
  await expectNoTensorLeak(async () => {
    await expect(collect(train(next))).rejects.toMatchObject({ code: "checkpoint-base-mismatch" });
  });
});

test("an ARM that is not there is refused by its place", async () => {
  const startFrom = join(folder.path, "nowhere");
  const config = nextOf("uniarm", { startFrom });
  await expectNoTensorLeak(async () => {
    await expect(collect(train(config))).rejects.toMatchObject({
      code: "checkpoint-missing",
      message: `There is no checkpoint or run folder ${startFrom}. Train one: uniarm train --config <file>`,
    });
  });
});

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  findCheckpoint,
  float32Of,
  loadCheckpoint,
  readSafetensors,
  tf,
  bindAdapter,
  loadTransformer,
} from "@uniarm/core";
import { forward, disposeTransformer } from "@uniarm/core";
import { TrainingConfig, type Method, type PreferencePair } from "@uniarm/core/schema";
import { collect, expectNoTensorLeak, temporaryFolder } from "@uniarm/core/testing";
import { train } from "../src/index.ts";
import { metricsOf } from "./learning.ts";
import { jsonLines, OBJECTIVES, tinyPairs, tinyRun } from "./tiny-run.ts";

const WITTY = { name: "witty", description: "Tell a joke." };
const METHODS_WITH_MORE = ["uniarm", "parm", "genarm"] as const;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
/** A finished run of each method on two objectives. */
const earlier = {} as Record<Method, TrainingConfig>;
/** Pairs with winners on the third objective alone: who begins with "yes". */
let wittyPairs: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  for (const method of [...METHODS_WITH_MORE, "finetune"] as const) {
    earlier[method] = await tinyRun(join(folder.path, method), { method });
    await collect(train(earlier[method]));
  }
  wittyPairs = join(folder.path, "witty.jsonl");
  const begins = (text: string): number => Number(text.startsWith("yes"));
  const witty = tinyPairs(40, 5).map(({ prompt, responses }): PreferencePair => {
    const [a, b] = [begins(responses[0]), begins(responses[1])];
    return { prompt, responses, winners: { witty: a === b ? "tie" : a > b ? 0 : 1 } };
  });
  await writeFile(wittyPairs, jsonLines(witty));
});
afterAll(() => folder.remove());

let runs = 0;
/** A run that adds the third objective to an earlier one. */
const added = (method: Method, changes: Record<string, unknown> = {}): TrainingConfig => {
  const before = earlier[method];
  return TrainingConfig.parse({
    ...before,
    output: join(folder.path, `added-${runs++}`),
    startFrom: before.output,
    objectives: [...OBJECTIVES, WITTY],
    addedObjectives: ["witty"],
    pairs: wittyPairs,
    validationPairs: undefined,
    missingLabels: "mask",
    ...changes,
  });
};

const bytesOf = async (run: string, file = "adapter.safetensors"): Promise<string> =>
  readFile(join((await findCheckpoint(run))!, file), "base64");
const tensorsOf = async (run: string): Promise<Map<string, number[]>> => {
  const { tensors } = await readSafetensors(join((await findCheckpoint(run))!, "adapter.safetensors"));
  return new Map([...tensors].map(([name, entry]) => [name, [...float32Of(entry)]]));
};

/** The hidden states that a run's only ARM makes of a text at a preference. */
async function statesOf(run: string, preference: number[]): Promise<Float32Array> {
  const model = await loadTransformer(earlier.uniarm.model);
  const { arms } = await loadCheckpoint(run, { model: model.config });
  const states = tf.tidy(() => {
    const rows = { adapter: bindAdapter(arms[0]!, tf.tensor2d([preference])), start: 0, count: 1 };
    return forward(model, [[5, 9, 120, 33]], { adapters: [rows] });
  });
  const values = await states.data<"float32">();
  states.dispose();
  disposeTransformer(model);
  for (const arm of arms) arm.dispose();
  return values;
}

test.each(["uniarm", "parm", "finetune"] as const)(
  "%s: before its first update, a preference without the added objective is answered as before",
  async (method) => {
    // warm-up starts at rate 0: the first step changes nothing
    const next = added(method, { steps: 1, seed: 7 });
    await expectNoTensorLeak(() => collect(train(next)));
    for (const a of [0, 0.3, 1]) {
      const [before, after] = [
        await statesOf(earlier[method].output, [a, 1 - a]),
        await statesOf(next.output, [a, 1 - a, 0]),
      ];
      // the sum over objectives has one term more, which is 0
      after.forEach((value, place) => expect(value).toBeCloseTo(before[place]!, 5));
    }
    expect(await statesOf(next.output, [0, 0, 1])).not.toEqual(await statesOf(next.output, [0, 1, 0]));
  },
);

test("uniarm: the vectors of the old objectives are the stored ones, to the bit; the new one joins them", async () => {
  const next = added("uniarm", { steps: 4 });
  await collect(train(next));
  const [before, after] = [await tensorsOf(earlier.uniarm.output), await tensorsOf(next.output)];
  const stored = before.get("objective_embeddings")!;
  expect(after.get("objective_embeddings")!.slice(0, stored.length)).toEqual(stored);
  expect([...after.keys()]).toEqual([...before.keys()]); // no new tensors
});

test("genarm: the adapters of the old objectives stay to the bit, and the new one learns", async () => {
  const next = added("genarm", { ema: 0.5 });
  const events = await collect(train(next));
  const [before, after] = [await tensorsOf(earlier.genarm.output), await tensorsOf(next.output)];
  for (const [name, values] of before) expect(after.get(name), name).toEqual(values);
  const own = [...after].filter(([name]) => name.startsWith("arms.witty.") && name.endsWith("lora_B.weight"));
  expect(own.length).toBeGreaterThan(0);
  for (const [, values] of own) expect(values.some((value) => value !== 0)).toBe(true);
  expect(Object.keys(metricsOf(events)[1]!).filter((name) => name.startsWith("loss/"))).toEqual(["loss/witty"]);
});

test.each(["uniarm", "parm"] as const)(
  "%s: frozen factors stay to the bit, and what the preference acts through learns; an average leaves them, too",
  async (method) => {
    const next = added(method, { freeze: "factors", ema: 0.9 });
    await collect(train(next));
    const [before, after] = [await tensorsOf(earlier[method].output), await tensorsOf(next.output)];
    const changed = [...before].filter(([name, values]) =>
      values.some((value, place) => value !== after.get(name)![place]),
    );
    const parts = new Set(changed.map(([name]) => name.split(".").at(-1)));
    expect(parts).toEqual(new Set(method === "uniarm" ? ["moslora_Ug", "moslora_Ud"] : ["pblora_W2"]));
  },
);

test.each<[Method, Record<string, unknown>]>([
  ["uniarm", { freeze: "factors", ema: 0.9 }],
  ["genarm", { ema: 0.9 }],
  ["uniarm", { replay: true }],
])("%s %o: stopped and resumed it ends with the bytes of one that was not", async (method, { replay, ...changes }) => {
  const replayed = replay ? { replayPairs: earlier.uniarm.pairs } : {};
  const next = added(method, { ...changes, ...replayed });
  const stopped = { ...next, output: `${next.output}-stopped` };
  const stop = new AbortController();
  for await (const event of train(stopped, { signal: stop.signal }))
    if (event.type === "progress" && event.done === 3) stop.abort();
  await collect(train(stopped, { resume: true }));
  await collect(train(next));
  for (const file of ["adapter.safetensors", "resume.safetensors", "resume.json"])
    expect(await bytesOf(stopped.output, file), file).toBe(await bytesOf(next.output, file));
});

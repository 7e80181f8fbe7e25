import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  bindAdapter,
  createRandom,
  disposeTransformer,
  findCheckpoint,
  float32Of,
  forward,
  loadCheckpoint,
  readSafetensors,
  tf,
  loadTransformer,
} from "@uniarm/core";
import { TrainingConfig, type Method, type PreferencePair } from "@uniarm/core/schema";
import { collect, expectNoTensorLeak, temporaryFolder } from "@uniarm/core/testing";
import { describeExamples } from "../src/describe-rows.ts";
import type { Example } from "../src/examples.ts";
import { train } from "../src/index.ts";
import { planRun } from "../src/run-pairs.ts";
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
  for (const method of [...METHODS_WITH_MORE, "finetune", "dpo"] as const) {
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

test("replay: each step has its share of old pairs, told once, and pairs that changed are not resumed on", async () => {
  const replayPairs = join(folder.path, "replayed.jsonl");
  await writeFile(replayPairs, jsonLines(tinyPairs(20, 9)));
  const next = added("uniarm", { replayPairs, replayShare: 0.25, skipNotFinite: 1 });
  const stop = new AbortController();
  const events: unknown[] = [];
  for await (const event of train(next, { signal: stop.signal })) {
    events.push(event);
    if (event.type === "progress" && event.done === 2) stop.abort();
  }
  expect(events).toContainEqual({
    type: "notice",
    code: "replay",
    message: `1 of the 4 pairs of each step are replayed: drawn from 20 of ${replayPairs}.`,
  });
  await writeFile(replayPairs, jsonLines(tinyPairs(20, 10)));
  await expect(collect(train(next, { resume: true }))).rejects.toThrow(
    `${wittyPairs} or ${replayPairs} has changed since`,
  );
});

test("every step has as many of the run's own pairs and of the replayed ones as the share says, and leaves none out", () => {
  const example = (row: number): Example => ({
    row,
    prompt: [],
    responses: [[], []],
    signs: [],
    scores: null,
    length: row,
  });
  const examples = Array.from({ length: 15 }, (_, row) => example(row));
  const config = added("uniarm", { replayPairs: "old.jsonl", replayShare: 0.5, batchPairs: 4 });
  const at = planRun({ examples, own: 10, leftOut: 0, oddities: [] }, config, createRandom(0));
  // eight batches are planned together: more than an epoch of either
  const steps = Array.from({ length: 8 }, (_, step) => at(step));
  for (const batch of steps) expect(batch.map((place) => place >= 10)).toEqual([false, false, true, true]);
  expect([...new Set(steps.flat())].sort((a, b) => a - b)).toEqual(examples.map(({ row }) => row));
});

test("a replayed pair that spoils a step is named in its own file", async () => {
  const described = await describeExamples([
    { path: wittyPairs, row: 1 },
    { path: earlier.uniarm.pairs, row: 0 },
  ]);
  expect(described).toBe(`${wittyPairs}:2 ("q1"); ${earlier.uniarm.pairs}:1 ("q0")`);
});

test("replay holds what the old pairs teach: its loss on them stays below that of a run without", async () => {
  const longer = { steps: 20, optimizer: { learningRate: 0.03, warmupSteps: 2 } };
  const oldLossAfter = async (changes: Record<string, unknown>): Promise<number> => {
    const events = await collect(
      train(added("uniarm", { ...longer, ...changes, validationPairs: earlier.uniarm.validationPairs })),
    );
    const last = metricsOf(events).at(-1)!;
    return last["validation/loss/helpful"]! + last["validation/loss/harmless"]!;
  };
  const [without, replayed] = [
    await oldLossAfter({}),
    await oldLossAfter({ replayPairs: earlier.uniarm.pairs, replayShare: 0.5 }),
  ];
  expect(replayed).toBeLessThan(without);
});

test("the new objective's vector is orthogonal to the old ones", async () => {
  const next = added("uniarm", { steps: 1 });
  await collect(train(next));
  const vectors = (await tensorsOf(next.output)).get("objective_embeddings")!;
  const width = vectors.length / 3;
  const rows = [0, 1, 2].map((row) => vectors.slice(row * width, (row + 1) * width));
  const dot = (one: number, other: number): number =>
    rows[one]!.reduce((sum, entry, axis) => sum + entry * rows[other]![axis]!, 0);
  expect(dot(0, 1)).toBeCloseTo(-1, 5); // the simplex of two
  for (const old of [0, 1]) expect(dot(2, old)).toBeCloseTo(0, 3);
  expect(dot(2, 2)).toBeCloseTo(1, 5);
});

test("policies that are kept have the beta and divergence that they were tuned with; the added one has its own beta", async () => {
  const { beta } = earlier.dpo;
  for (const changes of [{ beta: 5 }, { divergence: "jsd" }])
    await expect(collect(train(added("dpo", changes)))).rejects.toMatchObject({ code: "start-settings-differ" });
  const byName = { helpful: beta, harmless: beta, witty: 5 };
  const run = added("dpo", { beta: byName, steps: 1 });
  await collect(train(run));
  const { manifest, arms } = await loadCheckpoint(run.output);
  for (const arm of arms) arm.dispose();
  expect(manifest.training!.beta).toEqual(byName);
});

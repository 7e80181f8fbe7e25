import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findCheckpoint, float32Of, loadCheckpoint, readSafetensors } from "@uniarm/core";
import { TrainingConfig, type Method, type RunEvent } from "@uniarm/core/schema";
import { collect, expectNoTensorLeak, temporaryFolder } from "@uniarm/core/testing";
import { train } from "../src/index.ts";
import { accuracyAtCorners, CORNERS, learning, metricsOf } from "./learning.ts";
import { jsonLines, tinyPairs, tinyRun } from "./tiny-run.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

const KEPT = "frozen-log-probs.safetensors";
const tensorsOf = async (path: string): Promise<Map<string, Float32Array>> => {
  const { tensors } = await readSafetensors(path);
  return new Map([...tensors].map(([name, entry]) => [name, float32Of(entry)]));
};
const adapterOf = async (run: string): Promise<Map<string, Float32Array>> =>
  tensorsOf(join((await findCheckpoint(run))!, "adapter.safetensors"));
const computed = (events: readonly RunEvent[]): RunEvent[] =>
  events.filter((event) => event.type === "progress" && event.unit === "pairs" && event.phase !== "validate");

/** A run of MODPO with the policies of single objectives that it needs, trained before. */
async function modpoRun(changes: Record<string, unknown> = {}, ofDpo: Record<string, unknown> = {}) {
  const before = await tinyRun(join(folder.path, "dpo"), { method: "dpo", ...ofDpo });
  await collect(train(before));
  return TrainingConfig.parse({
    ...before,
    divergence: undefined,
    method: "modpo",
    output: join(folder.path, "modpo"),
    marginFrom: before.output,
    ...changes,
  });
}

test.each<[Method, Record<string, unknown>]>([
  ["dpo", {}],
  ["dpo", { divergence: "forward-kl" }],
  ["dpo", { divergence: "alpha", divergenceAlpha: 0.7 }],
  ["dpo", { divergence: "jsd" }],
  ["dpo", { recipe: "guided", rewardTemperature: 0.5 }],
  ["modpo", {}],
  ["finetune", {}],
  ["finetune", { recipe: "guided", rewardTemperature: 0.5 }],
])("%s with %j learns which response each objective prefers", async (method, changes) => {
  const config = await tinyRun(folder.path, learning(method, { steps: 16, ...changes }));
  for (const accuracy of await accuracyAtCorners(config)) expect(accuracy).toBeGreaterThan(0.85);
});

test("before its first update a policy is the model itself: every pair with a winner loses log 2", async () => {
  const config = await tinyRun(folder.path, { method: "dpo", batchPairs: 8, validationEvery: 1, steps: 1 });
  const untied = tinyPairs(40).filter(({ winners }) => winners.helpful !== "tie");
  for (const path of [config.pairs, config.validationPairs!]) await writeFile(path, jsonLines(untied));
  const [, first, validated] = metricsOf(await collect(train(config))); // the rate of step 1 is 0
  for (const name of ["helpful", "harmless"]) {
    // the other rows of a batch change the last digits of log-probabilities of tens of nats
    expect(Math.abs(first![`loss/${name}`]! - Math.LN2)).toBeLessThan(1e-5);
    expect(Math.abs(validated![`validation/loss/${name}`]! - Math.LN2)).toBeLessThan(1e-5);
  }
});

test("MODPO at the corners is DPO of each objective, to the byte", async () => {
  const dpo = await tinyRun(folder.path, { method: "dpo" });
  const corners = TrainingConfig.parse({
    ...dpo,
    method: "modpo",
    output: join(folder.path, "corners"),
    weightVectors: CORNERS,
  });
  for (const config of [dpo, corners]) await collect(train(config));
  const [separate, atCorners] = [await adapterOf(dpo.output), await adapterOf(corners.output)];
  const renamed = [...atCorners].map(
    ([name, values]) =>
      [name.replace("arms.0.", "arms.helpful.").replace("arms.1.", "arms.harmless."), values] as const,
  );
  expect(new Map(renamed)).toEqual(separate);
});

test("MODPO tunes a policy for each preference, against what the policies of the other objectives want", async () => {
  const config = await modpoRun({ steps: 4 }, { steps: 12, optimizer: { learningRate: 0.05, warmupSteps: 2 } });
  const events = await collect(train(config));
  const { manifest, arms } = await loadCheckpoint(config.output);
  expect(manifest.armWeights).toEqual([0, 0.25, 0.5, 0.75, 1].map((first) => [first, 1 - first]));
  expect(arms).toHaveLength(5);
  for (const arm of arms) arm.dispose();
  expect(Object.keys(metricsOf(events)[1]!)).toEqual(expect.arrayContaining(["loss/helpful", "loss/harmless"]));
  // of 0.5 and 0.5 the first objective is the one whose labels are trained on
  const half = TrainingConfig.parse({ ...config, output: `${config.output}-half`, weightVectors: [[0.5, 0.5]] });
  const [, first] = metricsOf(await collect(train(half)));
  expect(first).toHaveProperty("loss/helpful");
  expect(first).not.toHaveProperty("loss/harmless");
});

test("the margins are those of the policies' log-ratios, at the betas that they were tuned with", async () => {
  const beta = { helpful: 0.7, harmless: 0.2 };
  const config = await modpoRun(
    { steps: 1, weightVectors: [[0.6, 0.4]], beta: 0.5, batchPairs: 40 },
    { beta, steps: 12 },
  );
  const [, first] = metricsOf(await collect(train(config)));
  const kept = await tensorsOf(join(config.output, KEPT));
  const [base, other] = ["base", "objective.harmless"].map((name) => kept.get(`training.${name}`)!);
  const losses = tinyPairs(40).map(({ winners }, row) => {
    if (winners.helpful === "tie") return 0;
    const reward = (side: number): number => 0.2 * (other![2 * row + side]! - base![2 * row + side]!);
    const z = (-0.4 * (reward(0) - reward(1))) / 0.6; // log-ratios of a fresh policy are 0
    return Math.log1p(Math.exp(winners.helpful === 0 ? -z : z));
  });
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  expect(first!["loss/helpful"]).toBeCloseTo(mean, 4);
});

test("what does not change is computed once, told as pairs, and kept for a run that is resumed", async () => {
  const config = await modpoRun();
  const stop = new AbortController();
  const events: RunEvent[] = [];
  for await (const event of train(config, { signal: stop.signal })) {
    events.push(event);
    if (event.type === "progress" && event.unit === "steps" && event.done === 3) stop.abort();
  }
  const told = computed(events);
  expect(told[0]).toMatchObject({ phase: "log-probabilities of the frozen policies", total: 52 });
  expect(told.at(-1)).toMatchObject({ done: 52 });
  const path = join(config.output, KEPT);
  const kept = await tensorsOf(path);
  expect([...kept.keys()].sort()).toEqual(
    ["training.base", "training.objective.harmless", "training.objective.helpful", "validation.base"].sort(),
  );
  expect(computed(await collect(train(config, { resume: true })))).toEqual([]);

  // of other pairs or weights they would be wrong numbers: they are not taken
  const straight = { ...config, output: `${config.output}-straight` };
  await collect(train(straight));
  expect(await adapterOf(config.output)).toEqual(await adapterOf(straight.output));
  const other = { ...config, output: `${config.output}-other` };
  await collect(train(other, { signal: AbortSignal.abort() }));
  const lines = (await readFile(other.validationPairs!, "utf8")).replaceAll("yes", "yea");
  await writeFile(other.validationPairs!, lines);
  await writeFile(join(other.output, KEPT), await readFile(path));
  expect(computed(await collect(train(other, { resume: true })))).not.toEqual([]);
});

test("stopped while they are computed, a run keeps none of them and goes on later", async () => {
  const config = await tinyRun(folder.path, { method: "dpo" });
  const stop = new AbortController();
  const events: RunEvent[] = [];
  for await (const event of train(config, { signal: stop.signal })) {
    events.push(event);
    if (event.type === "progress") stop.abort();
  }
  expect(events.at(-1)).toMatchObject({ type: "stopped", step: 0 });
  await expect(readFile(join(config.output, KEPT))).rejects.toThrow("ENOENT");
  await collect(train(config, { resume: true }));
  const straight = { ...config, output: join(folder.path, "straight") };
  await collect(train(straight));
  expect(await adapterOf(config.output)).toEqual(await adapterOf(straight.output));
});

test.each(["dpo", "modpo", "finetune"] as const)(
  "%s that was stopped goes on to the bytes of a run that was not, and leaves nothing behind",
  async (method) => {
    const config =
      method === "modpo" ? await modpoRun({ weightVectors: [[0.3, 0.7]] }) : await tinyRun(folder.path, { method });
    const stopped = { ...config, output: join(folder.path, "stopped") };
    const stop = new AbortController();
    await expectNoTensorLeak(async () => {
      for await (const event of train(stopped, { signal: stop.signal }))
        if (event.type === "progress" && event.unit === "steps" && event.done === 3) stop.abort();
    });
    await rm(join(stopped.output, KEPT)); // as if it had been lost: the same numbers come out again
    await collect(train(stopped, { resume: true }));
    await collect(train(config));
    const read = async (run: string, file: string): Promise<string> =>
      readFile(join((await findCheckpoint(run))!, file), "base64");
    for (const file of ["adapter.safetensors", "resume.safetensors", "resume.json"])
      expect(await read(stopped.output, file), file).toBe(await read(config.output, file));
  },
);

test.each<[string, Record<string, unknown>, Record<string, unknown>, RegExp]>([
  [
    "another method",
    { method: "genarm", recipe: "paper" },
    {},
    /holds the method genarm\. Margins come from policies of single objectives/,
  ],
  ["another divergence", { divergence: "jsd" }, {}, /was tuned with the divergence jsd\./],
  ["imitation", { recipe: "imitation" }, { recipe: "paper" }, /was tuned by imitation\./],
])("margins of a checkpoint of %s are refused", async (_, ofDpo, changes, sentence) => {
  const config = await modpoRun(changes, ofDpo);
  await expectNoTensorLeak(async () => {
    await expect(collect(train(config))).rejects.toMatchObject({
      code: "margin-policies-differ",
      message: expect.stringMatching(sentence) as string,
    });
  });
});

test("margins of other objectives are refused", async () => {
  const config = await modpoRun();
  const reversed = TrainingConfig.parse({ ...config, objectives: [...config.objectives].reverse() });
  await expect(collect(train(reversed))).rejects.toMatchObject({ code: "checkpoint-objectives-mismatch" });
});

test("policies of other preferences are no start", async () => {
  const config = await modpoRun({ weightVectors: [[0.5, 0.5]] });
  await collect(train(config));
  const next = TrainingConfig.parse({
    ...config,
    startFrom: config.output,
    output: `${config.output}-next`,
    weightVectors: [[0.4, 0.6]],
  });
  await expect(collect(train(next))).rejects.toThrow(
    "holds policies for the preferences [[0.5,0.5]]; this run tunes them for [[0.4,0.6]]. Give both the same weightVectors, or leave out startFrom.",
  );
});

test("margins that are other ones when the run goes on are refused, not mixed", async () => {
  const config = await modpoRun({ steps: 6, checkpointEvery: 1 });
  const stop = new AbortController();
  for await (const event of train(config, { signal: stop.signal }))
    if (event.type === "metric" && event.step === 2) stop.abort();
  await rm(config.marginFrom!, { recursive: true });
  await collect(train(await tinyRun(join(folder.path, "dpo"), { method: "dpo", seed: 7 })));
  await expect(collect(train(config, { resume: true }))).rejects.toThrow(
    `${config.pairs} or ${config.marginFrom!} has changed since the run`,
  );
});

test("frozen log-probabilities that are cut off are computed again", async () => {
  const config = await tinyRun(folder.path, { method: "dpo", steps: 4, checkpointEvery: 1 });
  const stop = new AbortController();
  for await (const event of train(config, { signal: stop.signal }))
    if (event.type === "metric" && event.step === 2) stop.abort();
  const path = join(config.output, KEPT);
  await writeFile(path, (await readFile(path)).subarray(0, 20));
  expect(computed(await collect(train(config, { resume: true }))).length).toBeGreaterThan(0);
});

test("a file of pairs that is not there is named", async () => {
  const config = await tinyRun(folder.path, { method: "dpo" });
  await rm(config.pairs);
  await expect(collect(train(config))).rejects.toMatchObject({ code: "json-lines-missing" });
});

test("MODPO reads the labels of each vector's largest entry alone", async () => {
  const config = await modpoRun({ steps: 2, weightVectors: [[0.75, 0.25]] });
  const tied = tinyPairs(40).map((pair) => ({ ...pair, winners: { ...pair.winners, harmless: "tie" } }));
  await writeFile(config.pairs, jsonLines(tied));
  expect((await collect(train(config))).at(-1)).toMatchObject({ type: "finished" });
});

test("a weight vector that is nearly one objective alone needs margins, too", async () => {
  const config = await tinyRun(folder.path, { method: "dpo" });
  expect(() => TrainingConfig.parse({ ...config, method: "modpo", weightVectors: [[1, 5e-7]] })).toThrow(
    "needs the policies of each objective",
  );
});

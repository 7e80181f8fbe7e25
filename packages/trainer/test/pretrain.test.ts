import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { disposeTransformer, loadTokenizer, loadTransformer, sequenceLogProbs, tokenBatch } from "@uniarm/core";
import { PretrainingConfig, RunEvent } from "@uniarm/core/schema";
import { collect, expectNoTensorLeak, temporaryFolder, writeTinyModel } from "@uniarm/core/testing";
import { pretrain } from "../src/index.ts";
import { jsonLines } from "./tiny-run.ts";

const texts = ["lamp", "kite", "drum"].map((object) => ({
  prompt: `clean ${object}?`,
  response: `Rub the ${object}.`,
}));

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let config: PretrainingConfig;
beforeEach(async () => {
  folder = await temporaryFolder();
  const paths = {
    model: join(folder.path, "shape"),
    texts: join(folder.path, "texts.jsonl"),
    output: join(folder.path, "model"),
  };
  await writeTinyModel(paths.model);
  await writeFile(paths.texts, jsonLines(texts));
  config = PretrainingConfig.parse({
    ...paths,
    steps: 4,
    batchTexts: 6,
    optimizer: { learningRate: 0.02, warmupSteps: 2, adamBeta2: 0.95 },
  });
});
afterEach(() => folder.remove());

const losses = (events: readonly RunEvent[]): number[] =>
  events.flatMap((event) => (event.type === "metric" ? [event.values.loss!] : []));

test("a model learns its texts from a random start, without leaving tensors behind", async () => {
  await expectNoTensorLeak(async () => {
    const events = await collect(pretrain({ ...config, steps: 60 }));
    for (const event of events) RunEvent.parse(event);
    expect(events[0]).toEqual({ type: "started", kind: "pretrain", total: 60 });
    expect(events.at(-1)).toEqual({
      type: "finished",
      message: `Pre-trained for 60 steps; the model is in ${config.output}.`,
    });
    const all = losses(events);
    expect(all).toHaveLength(60);
    expect(all[0]).toBeCloseTo(Math.log(258), 1); // a random start knows nothing
    expect(all.at(-1)).toBeLessThan(1.5);
  });
});

test("the folder it writes loads as a model with its tokenizer and scores what it was trained on", async () => {
  await collect(pretrain({ ...config, steps: 60 }));
  expect((await readdir(config.output)).sort()).toEqual([
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
  ]);
  const tokenizer = await loadTokenizer(config.output);
  const model = await loadTransformer(config.output);
  const rows = ["Rub the lamp.", "zzzzz zzzzz z"].map((response) => ({
    prompt: tokenizer.encode("Q: clean lamp? A:"),
    response: tokenizer.encode(` ${response}`),
  }));
  const sums = sequenceLogProbs(model, tokenBatch(rows));
  const [known, unknown] = await sums.data();
  expect(known).toBeGreaterThan(unknown! + 20);
  sums.dispose();
  disposeTransformer(model);
});

test("the same seed gives the same bytes", async () => {
  const bytes = async (name: string, seed: number): Promise<Buffer> => {
    const output = join(folder.path, name);
    await collect(pretrain({ ...config, output, seed }));
    return readFile(join(output, "model.safetensors"));
  };
  const first = await bytes("first", 1);
  expect((await bytes("second", 1)).equals(first)).toBe(true);
  expect((await bytes("third", 2)).equals(first)).toBe(false);
});

test("an abort writes nothing and says so", async () => {
  const stop = new AbortController();
  const events: RunEvent[] = [];
  for await (const event of pretrain(config, { signal: stop.signal })) {
    events.push(event);
    if (event.type === "progress") stop.abort();
  }
  expect(events.at(-1)).toEqual({
    type: "stopped",
    step: 1,
    message: "Stopped after 1 of 4 steps; nothing was written. Pre-training starts from the beginning next time.",
  });
  await expect(stat(config.output)).rejects.toThrow("ENOENT");
});

test("an output that exists is refused", async () => {
  await expect(collect(pretrain({ ...config, output: config.model }))).rejects.toThrow(
    `${config.model} already exists; pre-training makes a new model folder. Choose another output, or remove it.`,
  );
});

test("texts that are all too long are refused", async () => {
  await expect(collect(pretrain({ ...config, maxLengthTokens: 4 }))).rejects.toThrow(
    `${config.texts} holds no texts of at most 4 tokens (3 in all); pre-training needs at least one.`,
  );
});

test("a step whose loss is not finite ends it: nothing is written, its texts are named", async () => {
  const wild = { ...config, optimizer: { ...config.optimizer, learningRate: 1e30 } };
  await expect(collect(pretrain(wild))).rejects.toMatchObject({
    code: "training-not-finite",
    message: expect.stringMatching(
      /^Pre-training stopped at step \d of 4: (its loss is \S+, the norm of the gradient \S+|with the weights after it, the loss is \S+)\.( Its texts: .*texts\.jsonl:1 \("clean lamp\?"\), .*)? Nothing was written\. Start again with a lower optimizer\.learningRate \(it is 1e\+30\), or let single steps of that kind be left out with skipNotFinite\.$/,
    ) as string,
  });
  await expect(stat(config.output)).rejects.toThrow("ENOENT");
});

test("steps that are not finite are left out and counted, as many as it may", async () => {
  const wild = { ...config, skipNotFinite: 3, optimizer: { ...config.optimizer, learningRate: 1e30 } };
  const events: RunEvent[] = [];
  const all = async (): Promise<void> => {
    for await (const event of pretrain(wild)) events.push(RunEvent.parse(event));
  };
  const error: unknown = await all().catch((reason: unknown) => reason);
  const notices = events.filter((event) => event.type === "notice" && event.code === "step-skipped");
  expect(notices[0]).toMatchObject({
    message: expect.stringMatching(
      /^Step \d was skipped \(1 of at most 3\): its loss is .*\. Its texts: .*:1 \("clean/,
    ) as string,
  });
  const counts = events.flatMap((event) => (event.type === "metric" ? (event.values.skippedSteps ?? []) : []));
  expect(counts.at(-1)).toBe(notices.length);
  // by then the weights are of no use, but whether they still give a loss is the engine's to say
  const end = error instanceof Error ? error.message : (events.at(-1) as { message: string }).message;
  expect(end).toMatch(/skipped before \(skipNotFinite\)| of them were skipped: a loss or gradient was not finite\.$/);
});

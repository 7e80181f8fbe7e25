import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  bindAdapter,
  createRandom,
  disposeTransformer,
  encodeConversation,
  findCheckpoint,
  headScores,
  lastTokenColumn,
  loadCheckpoint,
  loadReadingTokenizer,
  loadTensor,
  loadTransformer,
  openWeights,
  scorerHead,
  tf,
} from "@uniarm/core";
import { LINEAR_MODULES, type PreferencePair, type TrainingConfig } from "@uniarm/core/schema";
import { collect, expectNoTensorLeak, temporaryFolder, writeTinyModel } from "@uniarm/core/testing";
import { train } from "../src/index.ts";
import { metricsOf } from "./learning.ts";
import { jsonLines, tinyPairs, tinyRun } from "./tiny-run.ts";

/** The byte tokenizer's, which is its padding too. */
const BYTE_EOS = 257;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

const scorerRun = (changes: Record<string, unknown> = {}): Promise<TrainingConfig> =>
  tinyRun(folder.path, { method: "scorer", beta: undefined, ...changes });
const LEARNING = {
  adapter: { kind: "scorer", targets: LINEAR_MODULES },
  steps: 40,
  batchPairs: 16,
  optimizer: { learningRate: 0.02, warmupSteps: 4 },
};
const lastCheckpoint = async (run: string, file: string): Promise<string> =>
  readFile(join((await findCheckpoint(run))!, file), "base64");
const trainPairs = (pairs: readonly object[]): Promise<void> =>
  writeFile(join(folder.path, "pairs.jsonl"), jsonLines(pairs));

test("a fresh scorer prefers nothing: it loses log 2 on every pair that has a winner", async () => {
  const config = await scorerRun({ steps: 1, objectives: [{ name: "helpful", description: "yes" }] });
  const [step] = metricsOf(await collect(train(config))).filter(({ loss }) => loss !== undefined);
  const lost = (step!.loss! * config.batchPairs) / Math.LN2; // pairs of the step that have a winner
  expect(lost).toBeGreaterThan(0);
  expect(lost).toBeCloseTo(Math.round(lost), 5);
});

test("one run learns a score for each objective, though each pair tells the winner on one alone", async () => {
  const config = await scorerRun({ ...LEARNING, missingLabels: "mask" });
  await trainPairs(
    tinyPairs(80).map(({ winners, ...pair }, index): PreferencePair => {
      const name = index % 2 === 0 ? "helpful" : "harmless";
      return { ...pair, winners: { [name]: winners[name]! } };
    }),
  );
  await expectNoTensorLeak(async () => {
    const values = metricsOf(await collect(train(config))).at(-1)!;
    expect(values["validation/accuracy/helpful"]).toBeGreaterThan(0.9);
    expect(values["validation/accuracy/harmless"]).toBeGreaterThan(0.9);
  });
});

test("a run that was stopped goes on to the bytes of one that was not, dropout and average included", async () => {
  const config = await scorerRun({ steps: 8, accumulationSteps: 2, dropout: 0.1, ema: 0.9 });
  const stopped = { ...config, output: join(folder.path, "stopped") };
  const stop = new AbortController();
  for await (const event of train(stopped, { signal: stop.signal }))
    if (event.type === "progress" && event.done === 3) stop.abort();
  await collect(train(stopped, { resume: true }));
  await collect(train(config));
  for (const file of ["adapter.safetensors", "resume.safetensors", "resume.json"])
    expect(await lastCheckpoint(stopped.output, file), file).toBe(await lastCheckpoint(config.output, file));
  const [one, other] = await Promise.all(
    [config, stopped].map(({ output }) => readFile(join(output, "scorer", "model.safetensors"), "base64")),
  );
  expect(one).toBe(other);
});

test("its model folder gives the scores of its best adapters, read before the end token that pads as well", async () => {
  const config = await scorerRun({ ...LEARNING, validationEvery: 10, keepBest: "validation/loss" });
  const events = await collect(train(config));
  expect(events.at(-1)).toMatchObject({
    type: "finished",
    message: expect.stringContaining(`Its model folder, for rewardModels, is ${config.output}/scorer.`) as string,
  });
  const written = join(config.output, "scorer");
  expect(JSON.parse(await readFile(join(written, "config.json"), "utf8"))).toMatchObject({
    architectures: ["LlamaForSequenceClassification"],
    id2label: { 0: "helpful", 1: "harmless" },
    pad_token_id: BYTE_EOS,
    problem_type: "multi_label_classification",
    uniarm: { promptFormat: "auto", templateVars: {} },
  });
  const tokenizer = await loadReadingTokenizer(written, config);
  const { ids } = encodeConversation(tokenizer, "q1", "yes not yes");
  expect(ids.at(-1)).toBe(BYTE_EOS);
  const column = lastTokenColumn(ids, BYTE_EOS);
  expect(column).toBe(ids.length - 2);

  const { arms } = await loadCheckpoint(join(config.output, "best"));
  const base = await loadTransformer(config.model, { head: false });
  const merged = await loadTransformer(written, { head: false });
  const { tensors } = await openWeights(written);
  const head = loadTensor(tensors, "score.weight", [2, null], written) as tf.Tensor2D;
  const [own, exported] = tf.tidy(() => {
    const adapters = [{ adapter: bindAdapter(arms[0]!, tf.ones([1, 2])), start: 0, count: 1 }];
    return [
      headScores(base, [ids], [column], scorerHead(arms[0]!), { adapters }).arraySync(),
      headScores(merged, [ids], [column], head).arraySync(),
    ];
  });
  own[0]!.forEach((score, index) => expect(score).toBeCloseTo(exported[0]![index]!, 4));
  for (const model of [base, merged]) disposeTransformer(model);
  tf.dispose(head);
  arms[0]!.dispose();
});

test("a finished run that is resumed keeps the folder that it has, and writes one that is not there", async () => {
  const config = await scorerRun();
  await collect(train(config));
  const written = join(config.output, "scorer", "model.safetensors");
  const before = await stat(written);
  await collect(train(config, { resume: true }));
  expect((await stat(written)).mtimeMs).toBe(before.mtimeMs);
  await rm(join(config.output, "scorer"), { recursive: true });
  await collect(train(config, { resume: true }));
  expect((await stat(written)).size).toBe(before.size);
});

test("responses are told as read, not as learned", async () => {
  const config = await scorerRun();
  await trainPairs(tinyPairs(8).map((pair, index) => ({ ...pair, finishes: ["eos", index === 0 ? "length" : "eos"] })));
  const notices = (await collect(train(config))).flatMap((event) => (event.type === "notice" ? [event.message] : []));
  expect(notices.join("\n")).not.toMatch(/trade-off|end token/);
  expect(notices.join("\n")).toContain("1 have a response that was cut off: it is read as if it had ended");
});

test("a base of a family that transformers has no classifier for is refused before the first step", async () => {
  const config = await scorerRun();
  await writeTinyModel(config.model, { random: createRandom(3) });
  const path = join(config.model, "config.json");
  const json = JSON.parse(await readFile(path, "utf8")) as object;
  await writeFile(
    path,
    JSON.stringify({
      ...json,
      model_type: "granite",
      architectures: ["GraniteForCausalLM"],
      embedding_multiplier: 1,
      attention_multiplier: 0.5,
      residual_multiplier: 1,
      logits_scaling: 1,
    }),
  );
  await expect(collect(train(config))).rejects.toThrow(
    `${config.model} is a granite model, and transformers has no class for it with a head of scores. Train the scorer on another base model.`,
  );
});

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  disposeTransformer,
  encodePrompt,
  encodeResponse,
  findCheckpoint,
  imitationTarget,
  loadTokenizer,
  loadTransformer,
  sequenceLogProbs,
  tf,
  tokenBatch,
} from "@uniarm/core";
import {
  ANSWERING_METHODS,
  methodOf,
  parsePreference,
  type Method,
  type PreferencePair,
  type PreferenceVector,
  type TrainingConfig,
} from "@uniarm/core/schema";
import { collect, expectNoTensorLeak, temporaryFolder, TINY_CONFIG } from "@uniarm/core/testing";
import { train } from "../src/index.ts";
import type { Example } from "../src/examples.ts";
import type { LossSettings } from "../src/loss-settings.ts";
import { poolsOf } from "../src/pools.ts";
import { microBatchOf, type StepPart } from "../src/step-parts.ts";
import { accuracyAtCorners, learning, metricsOf } from "./learning.ts";
import { jsonLines, tinyPairs, tinyRun } from "./tiny-run.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

const IMITATION = { loss: "imitation", rewardTemperature: 0.25 };
/** Pairs say which of two responses is better; imitation has to learn it from the best ones alone. */
const LONG = { ...IMITATION, steps: 32, optimizer: { learningRate: 0.03, warmupSteps: 4 } };

test.each(ANSWERING_METHODS)("%s learns by imitation which response each objective prefers", async (method) => {
  const policy = methodOf(method).trains === "policy" ? "tuned" : "guided";
  const config = await tinyRun(folder.path, learning(method, { ...LONG, policy }));
  for (const accuracy of await accuracyAtCorners(config)) expect(accuracy).toBeGreaterThan(0.85);
});

const exampleOf = (prompt: number[], responses: Example["responses"], scores: Example["scores"]): Example => ({
  row: 0,
  prompt,
  responses,
  scores,
  signs: [0, 0],
  length: 9,
});

test("a prompt's pool has every distinct response of its pairs once, with the mean of its scores", () => {
  const [a, b, c] = [
    [1, 257],
    [1, 2, 257],
    [12, 257],
  ] as [number[], number[], number[]];
  const asked = [
    exampleOf(
      [5],
      [a, b],
      [
        [1, 0],
        [2, 0],
      ],
    ),
    exampleOf(
      [5],
      [c, a],
      [
        [3, 1],
        [2, 4],
      ],
    ),
    exampleOf(
      [5],
      [a, a],
      [
        [3, 8],
        [6, 0],
      ],
    ),
    exampleOf(
      [5, 5],
      [a, b],
      [
        [7, 7],
        [8, 8],
      ],
    ),
    exampleOf([6], [a, b], null),
  ];
  const pools = poolsOf(asked);
  expect(pools.get(asked[0]!)).toEqual([
    { response: a, scores: [3, 3] }, // of 1, 2, 3, 6 and 0, 4, 8, 0
    { response: b, scores: [2, 0] },
    { response: c, scores: [3, 1] },
  ]);
  expect(pools.get(asked[1]!)).toBe(pools.get(asked[0]!));
  expect(pools.get(asked[2]!)).toBe(pools.get(asked[0]!));
  expect(pools.get(asked[3]!)!.map(({ scores }) => scores)).toEqual([
    [7, 7],
    [8, 8],
  ]);
  expect(pools.has(asked[4]!)).toBe(false);
});

const SETTINGS: LossSettings = {
  loss: "imitation",
  trainingStrength: null,
  rewardTemperature: 0.5,
  betas: [1, 1],
  global: null,
};
const POOL = [
  { response: [1, 257], scores: [0, 1] },
  { response: [2, 257], scores: [0.5, 0.5] },
  { response: [3, 257], scores: [1, 0] },
];

/** Which response of the pool is imitated at each of many evenly spread numbers, as shares. */
function shares(objective: number | null, preference: number[], weights: PreferenceVector | null = null): number[] {
  const count = 1000;
  const rows = Array.from({ length: count }, () => preference);
  const part: StepPart = {
    examples: rows.map(() => exampleOf([9, 8], [POOL[0]!.response, POOL[1]!.response], null)),
    lossPreferences: rows,
    shownPreferences: rows,
    dropout: null,
    imitated: rows.map((_, index) => ({ pool: POOL, uniform: (index + 0.5) / count })),
  };
  const batch = microBatchOf({ objective, weights }, part, SETTINGS, {
    padTokenId: 257,
    model: { config: TINY_CONFIG },
  });
  expect(batch.kind).toBe("imitation");
  expect(batch.tokens.responseStart).toEqual(rows.map(() => 2));
  expect(batch.shownPreferences[0]).toEqual(objective === null ? preference : [1]);
  const imitated = batch.tokens.ids.map((ids) => ids[2]!);
  return POOL.map(({ response }) => imitated.filter((id) => id === response[0]).length / count);
}

test.each<[number | null, number[], number[]]>([
  [null, [0.3, 0.7], [0.3, 0.7]],
  [null, [1, 0], [1, 0]],
  [0, [0.3, 0.7], [1, 0]],
  [1, [0.3, 0.7], [0, 1]],
])("ARM of objective %s at %j imitates responses as often as they are wanted at %j", (objective, given, wanted) => {
  const target = imitationTarget(
    POOL.map(({ scores }) => scores),
    wanted,
    SETTINGS.rewardTemperature,
  );
  shares(objective, given).forEach((share, index) => {
    expect(Math.abs(share - target[index]!)).toBeLessThanOrEqual(0.001); // one of 1,000 at each edge
  });
});

test("a policy for one preference imitates what is wanted there on all objectives", () => {
  const weights = parsePreference([0.7, 0.3]);
  const target = imitationTarget(
    POOL.map(({ scores }) => scores),
    weights,
    SETTINGS.rewardTemperature,
  );
  shares(0, [0.1, 0.9], weights).forEach((share, index) => {
    expect(Math.abs(share - target[index]!)).toBeLessThanOrEqual(0.001);
  });
});

const finalBytes = async (run: string): Promise<Record<string, string>> => {
  const newest = (await findCheckpoint(run))!;
  const files = ["adapter.safetensors", "resume.safetensors", "resume.json"];
  const read = files.map(async (file) => [file, await readFile(join(newest, file), "base64")] as const);
  return Object.fromEntries(await Promise.all(read));
};

test.each<[Method, TrainingConfig["policy"]]>([
  ["uniarm", "guided"],
  ["genarm", "arm"],
])(
  "a %s run by imitation (policy %s) that was stopped goes on to the bytes of one that was not",
  async (method, policy) => {
    const config = await tinyRun(folder.path, { ...IMITATION, method, policy, batchPairs: 6, accumulationSteps: 2 });
    const stopped = { ...config, output: join(folder.path, "stopped") };
    const stop = new AbortController();
    await expectNoTensorLeak(async () => {
      for await (const event of train(stopped, { signal: stop.signal }))
        if (event.type === "progress" && event.done === 3) stop.abort();
    });
    await collect(train(stopped, { resume: true }));
    await collect(train(config));
    const whole = await finalBytes(config.output);
    expect(await finalBytes(stopped.output)).toEqual(whole);
    const other = { ...config, output: join(folder.path, "other"), seed: 9 };
    await collect(train(other));
    expect(await finalBytes(other.output)).not.toEqual(whole);
  },
);

test("the loss is -L(y) of the response, and falls where it is the only one", async () => {
  const config = await tinyRun(folder.path, learning("uniarm", { ...LONG, steps: 20, batchPairs: 4 }));
  const same = (pair: PreferencePair): PreferencePair => ({ ...pair, prompt: "q", responses: ["yes", "yes"] });
  for (const path of [config.pairs, config.validationPairs!]) await writeFile(path, jsonLines(tinyPairs(4).map(same)));
  const losses = metricsOf(await collect(train(config))).flatMap(({ loss }) => loss ?? []);

  const model = await loadTransformer(config.model);
  const tokenizer = await loadTokenizer(config.model, config);
  const row = { prompt: encodePrompt(tokenizer, "q"), response: encodeResponse(tokenizer, "yes") };
  const [untrained] = tf.tidy(() => sequenceLogProbs(model, tokenBatch([row])).dataSync());
  disposeTransformer(model);
  expect(losses[0]).toBeCloseTo(-untrained!, 3); // a fresh ARM is the base model; tens of nats in float32
  expect(losses.at(-1)).toBeLessThan(losses[0]! - 1); // the tiny model's frozen head keeps it nearly even
});

test.each(["imitation", "margins"])(
  "loss %s without scores is refused, in training and held-out pairs alike",
  async (loss) => {
    const config = await tinyRun(folder.path, { loss });
    const [first, second] = tinyPairs(2);
    const lacking = [{ ...first!, scores: { helpful: first!.scores!.helpful } }, second!];
    const sentence = (path: string): string =>
      `Loss ${loss} learns from scores, but ${path} has pairs without a score for each objective. Add scores (uniarm data relabel), or take the recipe paper.`;
    await writeFile(config.validationPairs!, jsonLines(lacking));
    await expect(collect(train(config))).rejects.toMatchObject({
      code: "scores-missing",
      message: sentence(config.validationPairs!),
    });
    await writeFile(config.pairs, jsonLines(lacking));
    await expect(collect(train(config))).rejects.toThrow(sentence(config.pairs));
  },
);

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { disposeTransformer, loadTransformer, nativeOps, tf } from "@uniarm/core";
import { preferenceGrid, SamplingConfig } from "@uniarm/core/schema";
import { expectNoTensorLeak } from "@uniarm/core/testing";
import { generate, type Decoder, type GenerateOptions, type Generated } from "../src/generate.ts";
import { scoresOf } from "../src/guide.ts";
import { advance, disposeBatch, keepRows, prefill } from "../src/guided-batch.ts";
import { disposeStates, logitsOfRows, sharesHead, type GuidedStates } from "../src/guided-states.ts";
import type { DecodingRow } from "../src/rows.ts";
import { goldenDecoder, goldenRow } from "./golden-models.ts";
import { goldenPath, largestDifference, readGolden } from "./golden.ts";

interface Guided {
  eos_id: number;
  new_tokens: number;
  tolerance: { logprobs_abs: number };
  greedy: { preference: number[]; beta: number; prompt: number[]; tokens: number[] }[];
  steps: { preference: number[]; beta: number; ids: number[]; logprobs: number[] }[];
}
interface TwoAdapters {
  tolerance: { logprobs_abs: number };
  genarm: { coefficients: number[]; prompt: number[]; tokens: number[]; first_logprobs: number[] }[];
}

const greedy = (maxNewTokens: number): GenerateOptions => ({
  sampling: SamplingConfig.parse({}),
  maxNewTokens,
  seed: 0,
});

async function generated(decoder: Decoder, rows: DecodingRow[], options: GenerateOptions): Promise<Generated[]> {
  const steps = generate(decoder, rows, options);
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
  }
}

const WAYS = [
  ["one head product", false],
  ["a head product for each part", true],
] as const;

/** Guided log-probabilities of the token after each row's prompt, by one head product or one for each part. */
function firstLogProbs(decoder: Decoder, rows: DecodingRow[], apart = false): number[][] {
  const { batch, next } = prefill(decoder, rows, 1);
  expect(sharesHead(next)).toBe(decoder.armModel === undefined);
  const logProbs = tf.tidy(() => tf.logSoftmax(scoresOf(logitsOfRows(next, { apart }))).arraySync());
  disposeStates(next);
  disposeBatch(batch);
  return logProbs;
}

/** The logits [2 N][V] of base and ARM; what they follow from is freed. */
function partsOf(next: GuidedStates): number[][] {
  const lines = tf.tidy(() => logitsOfRows(next, { apart: true }).logits.arraySync());
  disposeStates(next);
  return lines;
}

describe.each(["moslora", "pblora"] as const)("a base guided by a %s ARM", (kind) => {
  const golden = readGolden<Guided>(`decoding/${kind}/expect.json`);
  const rows = golden.greedy.map(({ prompt, preference, beta }) =>
    goldenRow(JSON.stringify(prompt), prompt, preference, [1 / beta]),
  );
  let decoder: Awaited<ReturnType<typeof goldenDecoder>>;
  beforeAll(async () => {
    decoder = await goldenDecoder(kind, [`${kind}/adapter_model.safetensors`], golden.eos_id);
  });
  afterAll(() => {
    decoder.dispose();
  });

  test("answers with the reference's tokens, all prompts, preferences and strengths in one batch", async () => {
    const results = await generated(decoder, rows, greedy(golden.new_tokens));
    expect(results.map(({ tokenIds }) => tokenIds)).toEqual(golden.greedy.map(({ tokens }) => tokens));
  });

  test("says `eos` exactly of the rows that end in it, and keeps the token", async () => {
    const results = await generated(decoder, rows, greedy(golden.new_tokens));
    for (const { tokenIds, finish } of results)
      expect(finish).toBe(tokenIds.at(-1) === golden.eos_id ? "eos" : "length");
    expect(new Set(results.map(({ finish }) => finish)).size).toBe(2); // the golden rows have both
    for (const { tokenIds } of results)
      expect(tokenIds.indexOf(golden.eos_id)).toBe(tokenIds.at(-1) === golden.eos_id ? tokenIds.length - 1 : -1);
  });

  test.each(WAYS)("has the reference's log-probabilities by %s", (_, apart) => {
    const steps = golden.steps.map(({ ids, preference, beta }) =>
      goldenRow(JSON.stringify(ids), ids, preference, [1 / beta]),
    );
    firstLogProbs(decoder, steps, apart).forEach((row, index) => {
      expect(largestDifference(row, golden.steps[index]!.logprobs)).toBeLessThanOrEqual(golden.tolerance.logprobs_abs);
    });
  });

  test("gives a mixed batch what its rows get one by one", async () => {
    const some = rows.slice(0, 8);
    const together = await generated(decoder, some, greedy(8));
    for (const [index, row] of some.entries()) {
      const [alone] = await generated(decoder, [row], greedy(8));
      expect(together[index]!.tokenIds).toEqual(alone!.tokenIds);
      expect(together[index]!.logProbNats).toBeCloseTo(alone!.logProbNats, 3);
    }
  });

  test("reports the guided log-probability of what it chose", async () => {
    const [row] = rows;
    const [result] = await generated(decoder, [row!], greedy(1));
    const [logProbs] = firstLogProbs(decoder, [row!]);
    expect(result!.logProbNats).toBeCloseTo(Math.max(...logProbs!), 5);
  });

  test("is the unguided base at strength 0", async () => {
    const prompts = golden.greedy.slice(0, 3).map(({ prompt }) => prompt);
    const zero = prompts.map((prompt) => goldenRow(JSON.stringify(prompt), prompt, [0.3, 0.7], [0]));
    const base = prompts.map((prompt) => goldenRow(JSON.stringify(prompt), prompt, null, []));
    expect(await generated(decoder, zero, greedy(8))).toEqual(
      await generated({ ...decoder, arms: [] }, base, greedy(8)),
    );
  });
});

describe("a base of another model, with a token more, guided by a moslora ARM", () => {
  const golden = readGolden<Guided>("decoding/weak-to-strong/expect.json");
  const rows = golden.greedy.map(({ prompt, preference, beta }) =>
    goldenRow(JSON.stringify(prompt), prompt, preference, [1 / beta]),
  );
  let arm: Awaited<ReturnType<typeof goldenDecoder>>;
  let decoder: Decoder;
  beforeAll(async () => {
    arm = await goldenDecoder("moslora", ["weak-to-strong/adapter_model.safetensors"], golden.eos_id);
    const model = await loadTransformer(goldenPath("models/llama3"));
    decoder = { ...arm, model, armModel: arm.model };
  });
  afterAll(() => {
    disposeTransformer(decoder.model);
    arm.dispose();
  });

  test("answers with the reference's tokens, rows leaving the batch as they finish", async () => {
    await expectNoTensorLeak(async () => {
      const results = await generated(decoder, rows, greedy(golden.new_tokens));
      expect(results.map(({ tokenIds }) => tokenIds)).toEqual(golden.greedy.map(({ tokens }) => tokens));
    });
  });

  test("has the reference's log-probabilities", () => {
    const steps = golden.steps.map(({ ids, preference, beta }) =>
      goldenRow(JSON.stringify(ids), ids, preference, [1 / beta]),
    );
    firstLogProbs(decoder, steps).forEach((row, index) => {
      expect(largestDifference(row, golden.steps[index]!.logprobs)).toBeLessThanOrEqual(golden.tolerance.logprobs_abs);
    });
  });

  test("reads the prompt of each model as that model's template writes it", async () => {
    const [row] = rows;
    const { ids } = row!.prompt;
    const other = ids.toReversed();
    const same = await generated(decoder, [row!], greedy(4));
    const [asBase] = await generated(decoder, [{ ...row!, prompt: { ...row!.prompt, ids, armIds: ids } }], greedy(4));
    const [turned] = await generated(decoder, [{ ...row!, prompt: { ...row!.prompt, armIds: other } }], greedy(4));
    expect(asBase).toEqual(same[0]);
    expect(turned!.logProbNats).not.toBeCloseTo(same[0]!.logProbNats, 3);
  });

  test("leaves out tokens that the two do not share", () => {
    const [cut] = firstLogProbs({ ...decoder, sharedVocabulary: 100 }, rows.slice(0, 1));
    expect(cut).toHaveLength(100);
  });
});

describe("a base guided by two ARMs of GenARM", () => {
  const golden = readGolden<TwoAdapters>("decoding/two-adapters/expect.json");
  const rows = golden.genarm.map(({ prompt, coefficients }) =>
    goldenRow(JSON.stringify(prompt), prompt, coefficients, coefficients),
  );
  let decoder: Awaited<ReturnType<typeof goldenDecoder>>;
  beforeAll(async () => {
    decoder = await goldenDecoder("lora", ["two-adapters/lora_0.safetensors", "two-adapters/lora_1.safetensors"]);
  });
  afterAll(() => {
    decoder.dispose();
  });

  test("answers with the reference's tokens under free coefficients", async () => {
    const results = await generated(decoder, rows, greedy(16));
    expect(results.map(({ tokenIds }) => tokenIds)).toEqual(golden.genarm.map(({ tokens }) => tokens));
  });

  test.each(WAYS)("has the reference's log-probabilities by %s", (_, apart) => {
    firstLogProbs(decoder, rows, apart).forEach((row, index) => {
      expect(largestDifference(row, golden.genarm[index]!.first_logprobs)).toBeLessThanOrEqual(
        golden.tolerance.logprobs_abs,
      );
    });
  });

  test("does not run an ARM whose coefficient is 0 in every row", () => {
    const only = rows.filter(({ coefficients }) => coefficients[1] === 0);
    const { batch, next } = prefill(decoder, only, 1);
    expect(batch.lanes.map(({ armOf }) => armOf(only[0]!))).toEqual([0]);
    expect(batch.passes.map(({ cache }) => cache.rows)).toEqual([2 * only.length]);
    disposeStates(next);
    disposeBatch(batch);
  });
});

describe("the loop", () => {
  let decoder: Awaited<ReturnType<typeof goldenDecoder>>;
  beforeAll(async () => {
    decoder = await goldenDecoder("moslora", ["moslora/adapter_model.safetensors"]);
  });
  afterAll(() => {
    decoder.dispose();
  });
  const sampled = (maxNewTokens: number, seed = 0): GenerateOptions => ({
    sampling: SamplingConfig.parse({ temperature: 1 }),
    maxNewTokens,
    seed,
  });
  const row = (id: string, ids: number[], sample = 0): DecodingRow => goldenRow(id, ids, [0.5, 0.5], [1], sample);

  test("keeps no tensor, and over 50 tokens holds nothing more but the cache's new columns and the base's states", async () => {
    const rows = [row("a", [5, 6, 7]), row("b", [8])];
    const { layers, keyValueHeads, headSize, hiddenSize } = decoder.model.config;
    const states = rows.length * hiddenSize * 4; // one tensor a token, of which the base's log-probabilities are read later
    const perColumn = 2 * rows.length * layers * 2 * keyValueHeads * headSize * 4; // base and ARM, keys and values
    const columnBytes = nativeOps() ? 0 : perColumn; // the engine's own cache has room for all tokens from the start
    await expectNoTensorLeak(async () => {
      const held: { tensors: number; bytes: number }[] = [];
      for await (const finished of generate(decoder, rows, greedy(51))) {
        const { numTensors, numBytes } = tf.memory();
        if (finished === 0)
          held.push({
            tensors: numTensors - held.length,
            bytes: numBytes - held.length * (columnBytes + states),
          });
      }
      expect(held).toHaveLength(50);
      expect(new Set(held.map(({ bytes }) => bytes))).toEqual(new Set([held[0]!.bytes]));
      expect(new Set(held.map(({ tensors }) => tensors)).size).toBe(nativeOps() ? 1 : 2); // with and without the cache's short tail
    });
  });

  test("keeps no tensor when its consumer stops early", async () => {
    await expectNoTensorLeak(async () => {
      for await (const finished of generate(decoder, [row("a", [5, 6, 7])], greedy(50))) {
        expect(finished).toBe(0);
        break;
      }
    });
  });

  test("draws a row's tokens whatever else is in its batch", async () => {
    const asked = row("asked", [5, 6, 7], 3);
    const [alone] = await generated(decoder, [asked], sampled(12));
    const [, together] = await generated(decoder, [row("other", [9, 9]), asked, row("third", [4])], sampled(12));
    expect(together!.tokenIds).toEqual(alone!.tokenIds);
  });

  test("draws the same from the same seed, and other samples from another", async () => {
    const rows = [row("a", [5, 6, 7], 0), row("a", [5, 6, 7], 1)];
    const first = await generated(decoder, rows, sampled(12));
    expect(await generated(decoder, rows, sampled(12))).toEqual(first);
    expect(first[0]!.tokenIds).not.toEqual(first[1]!.tokenIds);
    expect((await generated(decoder, rows, sampled(12, 1)))[0]!.tokenIds).not.toEqual(first[0]!.tokenIds);
  });

  test("rows that have read the same share one, until their tokens part; their logits are those they have alone", async () => {
    const sweep = [
      [0, 1],
      [0.5, 0.5],
      [0.5, 0.5],
      [1, 0],
    ]; // one of them with two samples
    const rows = [
      [5, 6, 7],
      [8, 9],
    ].flatMap((ids) => sweep.map((preference, sample) => goldenRow(JSON.stringify(ids), ids, preference, [1], sample)));
    // what the rows choose: some part at once, some later; then rows leave, and one is there twice
    const steps = [
      { tokens: [3, 3, 3, 3, 3, 3, 4, 4], cacheRows: 1 + 2 + 3 + 4 },
      { tokens: [3, 3, 3, 4, 5, 6, 7, 7], cacheRows: 2 + 3 + 3 + 4 },
      { kept: [0, 1, 2, 7], tokens: [1, 1, 1, 1], cacheRows: 1 + 1 + 2 + 1 },
      { kept: [0, 0, 3], tokens: [1, 2, 1], cacheRows: 2 + 1 + 2 + 1 },
    ];
    await expectNoTensorLeak(() => {
      const { batch, next } = prefill(decoder, rows, 10);
      expect(batch.passes[0]!.cache.rows).toBe(2 + 6);
      disposeStates(next);
      let read = rows.map(({ prompt }) => [...prompt.ids]);
      for (const { kept, tokens, cacheRows } of steps) {
        if (kept) keepRows(batch, kept);
        read = (kept ?? rows.map((_, place) => place)).map((row, place) => [...read[row]!, tokens[place]!]);
        const after = advance(batch, tokens);
        expect(batch.passes[0]!.cache.rows).toBe(cacheRows);
        const lines = partsOf(after); // [2 N, V]
        for (const [place, row] of batch.rows.entries()) {
          const alone = prefill(decoder, [{ ...row, prompt: { ...row.prompt, ids: read[place]! } }], 1);
          const [base, arm] = partsOf(alone.next);
          disposeBatch(alone.batch);
          expect(largestDifference(lines[place]!, base!)).toBeLessThan(1e-4); // float32 sums in another order
          expect(largestDifference(lines[batch.rows.length + place]!, arm!)).toBeLessThan(1e-4);
        }
      }
      disposeBatch(batch);
    });
  });

  test("a sweep holds its caches and less than a fifth more", async () => {
    const prompts = [3, 5, 9, 16].map((length) => Array.from({ length }, (_, index) => 1 + index));
    const rows = prompts.flatMap((ids) =>
      preferenceGrid(2, 10).map((preference) => goldenRow(String(ids.length), ids, preference, [1])),
    );
    const { layers, keyValueHeads, headSize, vocabularySize } = decoder.model.config;
    const columns = 32; // 16 of the longest prompt and as many new ones
    const caches = 2 * rows.length * columns * layers * 2 * keyValueHeads * Math.ceil(headSize / 16) * 16 * 4;
    const logits = rows.length * vocabularySize * 4;
    const before = tf.memory().numBytes;
    let most = 0;
    for await (const _finished of generate(decoder, rows, greedy(16)))
      most = Math.max(most, tf.memory().numBytes - before);
    expect(most).toBeLessThan(1.2 * (caches + logits));
  });

  test("samples from the guided distribution", async () => {
    const samples = 400;
    const rows = Array.from({ length: samples }, (_, sample) => row("a", [5, 6, 7], sample));
    const results = await generated(decoder, rows, sampled(1));
    const probabilities = firstLogProbs(decoder, rows.slice(0, 1))[0]!.map(Math.exp);
    const likely = [...probabilities.keys()]
      .sort((one, other) => probabilities[other]! - probabilities[one]!)
      .slice(0, 6);
    for (const token of likely) {
      const p = probabilities[token]!;
      const share = results.filter(({ tokenIds }) => tokenIds[0] === token).length / samples;
      expect(Math.abs(share - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / samples)); // four standard errors
    }
  });

  test("top-k on the engine chooses among the k largest only", async () => {
    const rows = Array.from({ length: 40 }, (_, sample) => row("a", [5, 6, 7], sample));
    const options = { ...sampled(1), sampling: SamplingConfig.parse({ temperature: 1, topK: 3 }) };
    const logProbs = firstLogProbs(decoder, rows.slice(0, 1))[0]!;
    const largest = [...logProbs.keys()].sort((one, other) => logProbs[other]! - logProbs[one]!).slice(0, 3);
    const drawn = await generated(decoder, rows, options);
    expect([...new Set(drawn.map(({ tokenIds }) => tokenIds[0]!))].sort()).toEqual(largest.sort());
    for (const { tokenIds, logProbNats } of drawn) expect(logProbNats).toBeCloseTo(logProbs[tokenIds[0]!]!, 4);
  });

  test("stops between tokens when it is aborted", async () => {
    const controller = new AbortController();
    const steps = generate(decoder, [row("a", [5, 6, 7])], { ...greedy(50), signal: controller.signal });
    await steps.next();
    controller.abort(new Error("enough"));
    await expect(steps.next()).rejects.toThrow("enough");
  });
});

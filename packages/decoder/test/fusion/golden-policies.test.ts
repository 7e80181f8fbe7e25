import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tf } from "@uniarm/core";
import { SamplingConfig, type Fusion } from "@uniarm/core/schema";
import { openFusion } from "../../src/fusion/open.ts";
import { generate, type Decoder, type Generated } from "../../src/generate.ts";
import { scoresOf } from "../../src/guide.ts";
import { disposeBatch, prefill } from "../../src/guided-batch.ts";
import { disposeStates, logitsOfRows } from "../../src/guided-states.ts";
import type { DecodingRow } from "../../src/rows.ts";
import { goldenDecoder, goldenRow } from "../golden-models.ts";
import { largestDifference, readGolden } from "../golden.ts";

interface Answer {
  weights: number[];
  prompt: number[];
  tokens: number[];
  first_logprobs: number[];
}
interface TwoAdapters {
  tolerance: { logprobs_abs: number };
  mod: (Answer & { divergence: string; alpha: number | null })[];
  soups: (Answer & { mode: "true_delta" | "average_ab" })[];
}
const golden = readGolden<TwoAdapters>("decoding/two-adapters/expect.json");

const mod = (divergence: "reverse-kl" | "forward-kl" | "alpha" | "jsd", more: object = {}): Fusion => ({
  rule: "mod",
  divergence,
  form: "published",
  ...more,
});
const soupOf = (mode: string): Answer[] => golden.soups.filter((one) => one.mode === mode);
const modOf = (divergence: string, alpha: number | null = null): Answer[] =>
  golden.mod.filter((one) => one.divergence === divergence && one.alpha === alpha);
/** How many passes of a row a token costs, of models that are not the base. */
const RULES: readonly (readonly [name: string, Fusion, Answer[], passes: number])[] = [
  ["soup by the mean of deltas", { rule: "soup", mean: "deltas" }, soupOf("true_delta"), 1],
  ["soup by the mean of factors", { rule: "soup", mean: "factors" }, soupOf("average_ab"), 1],
  ["MOD by reverse KL", mod("reverse-kl", { form: "exact" }), modOf("reverse_kl"), 2],
  ["MOD by forward KL, as published", mod("forward-kl"), modOf("forward_kl"), 2],
  ["MOD by alpha .5, as published", mod("alpha"), modOf("alpha", 0.5), 2],
  ["MOD by alpha 2, as published", mod("alpha", { alpha: 2 }), modOf("alpha", 2), 2],
  ["MOD by JSD, exact", mod("jsd", { form: "exact" }), modOf("jsd"), 3],
];

let policies: Awaited<ReturnType<typeof goldenDecoder>>;
beforeAll(async () => {
  policies = await goldenDecoder("lora", ["two-adapters/lora_0.safetensors", "two-adapters/lora_1.safetensors"]);
});
afterAll(() => {
  policies.dispose();
});

const rowsOf = (answers: readonly Answer[]): DecodingRow[] =>
  answers.map(({ prompt, weights }) => goldenRow(JSON.stringify(prompt), prompt, weights, weights));

async function fused<T>(settings: Fusion, work: (decoder: Decoder) => T | Promise<T>): Promise<T> {
  const fusion = openFusion(settings, policies.arms);
  try {
    return await work({ ...policies, fusion });
  } finally {
    fusion.stack?.dispose();
  }
}

async function generated(decoder: Decoder, rows: DecodingRow[], maxNewTokens: number): Promise<Generated[]> {
  const steps = generate(decoder, rows, { sampling: SamplingConfig.parse({}), maxNewTokens, seed: 0 });
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
  }
}

function firstLogProbs(decoder: Decoder, rows: DecodingRow[]): { logProbs: number[][]; cacheRows: number[] } {
  const { batch, next } = prefill(decoder, rows, 1);
  const logProbs = tf.tidy(() => tf.logSoftmax(scoresOf(logitsOfRows(next))).arraySync());
  disposeStates(next);
  disposeBatch(batch);
  return { logProbs, cacheRows: batch.passes.map(({ cache }) => cache.rows) };
}

describe.each(RULES)("%s", (_, settings, answers, passes) => {
  test("answers with the reference's tokens, all prompts and weights in one batch", async () => {
    expect(answers.length).toBeGreaterThan(5);
    const results = await fused(settings, (decoder) => generated(decoder, rowsOf(answers), answers[0]!.tokens.length));
    expect(results.map(({ tokenIds }) => tokenIds)).toEqual(answers.map(({ tokens }) => tokens));
  });

  test("has the reference's log-probabilities, and runs no more than it needs", async () => {
    const rows = rowsOf(answers);
    const { logProbs, cacheRows } = await fused(settings, (decoder) => firstLogProbs(decoder, rows));
    for (const [row, { first_logprobs }] of answers.entries())
      expect(largestDifference(logProbs[row]!, first_logprobs)).toBeLessThanOrEqual(golden.tolerance.logprobs_abs);
    // a LoRA says the same to all weights until their tokens part; a soup is another adapter at each
    const apart = settings.rule === "mod" ? new Set(rows.map(({ prompt }) => prompt.id)).size : rows.length;
    expect(cacheRows).toEqual([passes * apart]);
  });

  test("says of an unguided row among others what the base says", async () => {
    const [{ prompt }] = answers as [Answer];
    const unguided = goldenRow(JSON.stringify(prompt), prompt, [0.5, 0.5], []);
    const [alone] = firstLogProbs({ ...policies, arms: [] }, [unguided]).logProbs;
    const { logProbs } = await fused(settings, (decoder) =>
      firstLogProbs(decoder, [...rowsOf(answers.slice(0, 1)), unguided]),
    );
    expect(largestDifference(logProbs[1]!, alone!)).toBeLessThan(1e-4);
    expect(largestDifference(logProbs[0]!, answers[0]!.first_logprobs)).toBeLessThanOrEqual(
      golden.tolerance.logprobs_abs,
    );
  });
});

test("every golden answer of the reference was compared", () => {
  const compared = RULES.reduce((sum, [, , answers]) => sum + answers.length, 0);
  expect(compared).toBe(golden.mod.length + golden.soups.length);
});

const NEAREST: Fusion = { rule: "nearest" };
test("rows that are answered by different policies make one pass, and each gets its own policy's answer", async () => {
  const corners = soupOf("true_delta").filter(({ weights }) => weights[0] === 1);
  const other = soupOf("true_delta")
    .map((answer) => ({ ...answer, weights: [0, 1] }))
    .slice(0, 2);
  const rows = rowsOf([...corners, ...other]);
  const { logProbs, cacheRows } = await fused(NEAREST, (decoder) => firstLogProbs(decoder, rows));
  expect(cacheRows).toEqual([rows.length]);
  for (const [row, { first_logprobs }] of corners.entries())
    expect(largestDifference(logProbs[row]!, first_logprobs)).toBeLessThanOrEqual(golden.tolerance.logprobs_abs);
  const second: Decoder = { ...policies, arms: policies.arms.slice(1), fusion: openFusion({ rule: "policy" }, []) };
  const alone = firstLogProbs(
    second,
    rowsOf(other).map((row) => ({ ...row, coefficients: [1] })),
  ).logProbs;
  expect(largestDifference(logProbs.slice(corners.length).flat(), alone.flat())).toBeLessThan(1e-4);
});

test("at a corner a soup, MOD and the nearest policy are all that policy", async () => {
  const corners = soupOf("true_delta").filter(({ weights }) => weights[0] === 1);
  for (const [, settings] of [...RULES, ["nearest", NEAREST]] as const) {
    const { logProbs } = await fused(settings, (decoder) => firstLogProbs(decoder, rowsOf(corners)));
    for (const [row, { first_logprobs }] of corners.entries())
      expect(largestDifference(logProbs[row]!, first_logprobs)).toBeLessThanOrEqual(golden.tolerance.logprobs_abs);
  }
});

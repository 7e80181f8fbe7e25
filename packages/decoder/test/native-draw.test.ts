import { createRandom, drawGuided, nativeOps, openEngine, tf, type Random } from "@uniarm/core";
import { SamplingConfig } from "@uniarm/core/schema";
import { expect, test } from "vitest";
import { scoresOf } from "../src/guide.ts";
import type { GuidedLogits } from "../src/guided-logits.ts";
import { drawToken } from "../src/sampling.ts";

await openEngine();

const ROWS = 60;
const VOCABULARY = 333;

test
  .skipIf(nativeOps() === null)
  .each([
    { temperature: 0 },
    { temperature: 1 },
    { temperature: 0.7 },
    { temperature: 1.3, topK: 20 },
    { temperature: 1, topP: 0.9 },
    { temperature: 0.8, topK: 50, topP: 0.6 },
    { temperature: 1, topK: 1 },
  ])("a draw on the engine takes the token that the draw in JavaScript takes: %o", async (settings) => {
  const sampling = SamplingConfig.parse(settings);
  const random = createRandom(5);
  const draws = (count: number, scale: number): Float32Array =>
    Float32Array.from({ length: count }, () => scale * random.normal());
  const uniforms = Array.from({ length: ROWS }, () => random.uniform());
  const next: GuidedLogits = {
    hasBase: true,
    fusion: { rule: "product" },
    logits: tf.tensor2d(draws(3 * ROWS * VOCABULARY, 3), [3 * ROWS, VOCABULARY]),
    coefficients: [Array.from({ length: ROWS }, () => random.uniform()), new Array<number>(ROWS).fill(-0.5)],
  };
  const { ids, logProbs } = drawGuided(next.logits, next.coefficients, sampling, uniforms);
  const expected = tf.tidy(() => tf.logSoftmax(scoresOf(next)).dataSync<"float32">());
  const rows = uniforms.map((uniform, row) => {
    const line = expected.subarray(row * VOCABULARY, (row + 1) * VOCABULARY);
    const token = drawToken(line, sampling, { uniform: () => uniform } as Random);
    return { token, logProb: line[token]! };
  });
  expect(Array.from(await ids.data())).toEqual(rows.map(({ token }) => token));
  Array.from(await logProbs.data()).forEach((value, row) => {
    expect(Math.abs(value - rows[row]!.logProb)).toBeLessThan(1e-4); // float32 sums of 333 terms
  });
  if (settings.temperature > 0 && settings.topK !== 1)
    expect(new Set(rows.map(({ token }) => token)).size).toBeGreaterThan(10);
  tf.dispose([ids, logProbs, next.logits]);
});

import { createRandom } from "@uniarm/core";
import { SamplingConfig } from "@uniarm/core/schema";
import { expect, test } from "vitest";
import { basePerplexity, klFromBase, textHealth, type SampleLogProbs } from "../../src/index.ts";
import { expectRefusal } from "../support/refusal.ts";

const sampling = SamplingConfig.parse({ temperature: 1 });
const sampleOf = (promptId: string, steered: number[], base: number[], sample = 0): SampleLogProbs => ({
  promptId,
  sample,
  steered,
  base,
});

test("the divergence from the base is the mean over prompts of the summed differences, by hand", () => {
  const samples = [
    sampleOf("a", [-1, -1], [-2, -3]), // 3
    sampleOf("a", [-1], [-2], 1), // 1: prompt a has 2
    sampleOf("b", [-0.5], [-4.5]), // 4
  ];
  const { value, interval } = klFromBase(samples, sampling);
  expect(value).toBe(3);
  // two prompts, 2 and 4: Student's 12.706 at one degree of freedom times a standard error of 1
  expect(interval!.high - value).toBeCloseTo(12.7062, 3);
  expect(klFromBase(samples.slice(0, 2), sampling)).toEqual({ value: 2, interval: null });
});

test("on samples of a known distribution it is within its interval of the closed form", () => {
  const [steered, base] = [0.8, 0.3]; // coins, four tosses an answer
  const random = createRandom(1);
  const samples = Array.from({ length: 400 }, (_, prompt) => {
    const tosses = Array.from({ length: 4 }, () => random.uniform() < steered);
    const nats = (p: number): number[] => tosses.map((head) => Math.log(head ? p : 1 - p));
    return sampleOf(`p${prompt}`, nats(steered), nats(base));
  });
  const exact = 4 * (steered * Math.log(steered / base) + (1 - steered) * Math.log((1 - steered) / (1 - base)));
  const { value, interval } = klFromBase(samples, sampling, 0.99);
  expect(Math.abs(value - exact)).toBeLessThan(0.25); // standard error .08
  expect(interval!.low < exact && exact < interval!.high).toBe(true);
  expect(
    klFromBase(
      samples.map((one) => ({ ...one, base: one.steered })),
      sampling,
    ).value,
  ).toBe(0);
});

test("samples of another distribution and log-probabilities that are none are refused", async () => {
  const one = sampleOf("a", [-1], [-1]);
  const refused = (samples: SampleLogProbs[], code: string, ...parts: string[]): Promise<void> =>
    expectRefusal(() => klFromBase(samples, sampling), code, ...parts);
  for (const change of [{ temperature: 0 }, { temperature: 1, topK: 5 }, { temperature: 1, topP: 0.9 }])
    await expectRefusal(
      () => klFromBase([one], SamplingConfig.parse(change)),
      "kl-sampling",
      "not the steered distribution's own",
    );
  await refused([], "log-probs-empty", "at least one");
  await refused([sampleOf("a", [-1, -2], [-1])], "log-probs-length", 'Sample 0 of prompt "a" has 2', "1 of the base");
  await refused([sampleOf("a", [], [])], "log-probs-length", "a token at least");
  await refused([sampleOf("a", [-1], [-Infinity])], "log-probs-range", "-Infinity (base)", "infinite");
  await refused([sampleOf("a", [0.5], [-1])], "log-probs-range", "0.5 (steered)");
  await refused([sampleOf("a", [NaN], [-1])], "log-probs-range", "NaN (steered)");
});

test("perplexity under the base counts every token once: V of a uniform model over V tokens", () => {
  const answer = (
    promptId: string,
    tokens: number,
    baseLogProbNats?: number,
  ): Parameters<typeof basePerplexity>[0][0] => ({
    promptId,
    sample: 0,
    tokenIds: new Array<number>(tokens).fill(7),
    baseLogProbNats,
  });
  const uniform = Math.log(1 / 50);
  const samples = [answer("a", 3, 3 * uniform), answer("b", 1, uniform)];
  const { value, interval } = basePerplexity(samples);
  expect(value).toBeCloseTo(50, 10);
  expect(interval!.high / interval!.low).toBeCloseTo(1, 10);
  // 1 + 1 + 4 nats over 3 tokens, not the mean of prompts
  const uneven = basePerplexity([answer("a", 2, -2), answer("b", 1, -4)]);
  expect(uneven.value).toBeCloseTo(Math.exp(2), 12);
  expect(basePerplexity([answer("a", 1, -4)]).interval).toBeNull();
  for (const nats of [NaN, -Infinity, 1])
    expect(() => basePerplexity([answer("a", 1, nats)])).toThrow(`a log-probability of ${nats}`);
  expect(() => basePerplexity([answer("a", 0, -1)])).toThrow("has 0 tokens");
  expect(() => basePerplexity([answer("a", 1)])).toThrow("Decode it again with baseLogProbs");
  expect(() => basePerplexity([])).toThrow("No answers");
});

test("text health counts n-grams by hand; an end token is none of the text", () => {
  const health = textHealth([
    { tokenIds: [1, 2, 1, 2, 1, 2, 0], finish: "eos" }, // 4-grams 1212 2121 1212
    { tokenIds: [1, 3], finish: "length" },
  ]);
  expect(health).toEqual({
    answers: 2,
    lengthTokens: { value: 4 },
    distinct: [{ value: 3 / 8 }, { value: 3 / 6 }, { value: 2 / 4 }],
    repeatedFourGrams: { value: expect.closeTo(1 / 3, 12) as number },
    endedShare: { value: 0.5 },
  });
});

test("without n-grams there is no share of them; without answers there is nothing", async () => {
  const { distinct, repeatedFourGrams, lengthTokens } = textHealth([{ tokenIds: [0], finish: "eos" }]);
  expect(lengthTokens).toEqual({ value: 0 });
  expect(distinct.map((one) => "reason" in one && one.reason)).toEqual([
    "No answer has 1 token.",
    "No answer has 2 tokens.",
    "No answer has 3 tokens.",
  ]);
  expect(repeatedFourGrams).toEqual({ value: null, reason: "No answer has 4 tokens." });
  await expectRefusal(() => textHealth([]), "generations-empty", "Decode some first");
});

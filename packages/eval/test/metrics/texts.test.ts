import { createRandom } from "@uniarm/core";
import { SamplingConfig, type Estimate } from "@uniarm/core/schema";
import { expect, test } from "vitest";
import { basePerplexity, klFromBase, textHealth, type SteeredAnswer } from "../../src/index.ts";
import { expectRefusal } from "../support/refusal.ts";

const sampling = SamplingConfig.parse({ temperature: 1 });
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
/** An answer by the log-probabilities of its tokens. */
const answerOf = (promptId: string, steered: number[], base: number[], sample = 0): SteeredAnswer => ({
  promptId,
  sample,
  tokenIds: steered.map(() => 7),
  logProbNats: sum(steered),
  baseLogProbNats: sum(base),
});
const estimated = (answers: readonly SteeredAnswer[], confidence?: number): Estimate => {
  const kl = klFromBase(answers, sampling, confidence);
  if (kl.value === null) throw new Error(kl.reason);
  return kl;
};

test("the divergence from the base is the mean over prompts of the summed differences, by hand", () => {
  const samples = [
    answerOf("a", [-1, -1], [-2, -3]), // 3
    answerOf("a", [-1], [-2], 1), // 1: prompt a has 2
    answerOf("b", [-0.5], [-4.5]), // 4
  ];
  const { value, interval } = estimated(samples);
  expect(value).toBe(3);
  // two prompts, 2 and 4: Student's 12.706 at one degree of freedom times a standard error of 1
  expect(interval!.high - value).toBeCloseTo(12.7062, 3);
  expect(estimated(samples.slice(0, 2))).toEqual({ value: 2, interval: null });
});

test("on samples of a known distribution it is within its interval of the closed form", () => {
  const [steered, base] = [0.8, 0.3]; // coins, four tosses an answer
  const random = createRandom(1);
  const samples = Array.from({ length: 400 }, (_, prompt) => {
    const tosses = Array.from({ length: 4 }, () => random.uniform() < steered);
    const nats = (p: number): number[] => tosses.map((head) => Math.log(head ? p : 1 - p));
    return answerOf(`p${prompt}`, nats(steered), nats(base));
  });
  const exact = 4 * (steered * Math.log(steered / base) + (1 - steered) * Math.log((1 - steered) / (1 - base)));
  const { value, interval } = estimated(samples, 0.99);
  expect(Math.abs(value - exact)).toBeLessThan(0.25); // standard error .08
  expect(interval!.low < exact && exact < interval!.high).toBe(true);
  expect(estimated(samples.map((one) => ({ ...one, baseLogProbNats: one.logProbNats }))).value).toBe(0);
});

test.each<[string, object, Partial<SteeredAnswer>, string]>([
  ["greedy ones", { temperature: 0 }, {}, "Greedy answers are no samples: a divergence is not defined for them."],
  [
    "what drew them otherwise",
    { temperature: 0.7, topK: 5 },
    {},
    "The answers were drawn with temperature 0.7, topK 5: they are not the steered distribution's own, which temperature 1 draws from and nothing else.",
  ],
  [
    "the best of several",
    { temperature: 1 },
    { armLogProbNats: -1 },
    "The best of several was kept (bestOf): the answers are not the steered distribution's own.",
  ],
  [
    "answers that the base did not read",
    { temperature: 1 },
    { baseLogProbNats: undefined },
    "1 of 2 answers have no log-probability under the base model: decode them with baseLogProbs.",
  ],
])("there is no divergence of %s, and the reason is given", (_, settings, change, reason) => {
  const answers = [answerOf("a", [-1], [-1]), { ...answerOf("b", [-1], [-2]), ...change }];
  expect(klFromBase(answers, SamplingConfig.parse(settings))).toEqual({ value: null, reason });
});

test("a stop string cuts off as the limit does, and leaves the divergence", () => {
  const stopped = SamplingConfig.parse({ temperature: 1, stop: ["."] });
  expect(klFromBase([answerOf("a", [-1], [-3])], stopped).value).toBe(2);
});

test("log-probabilities that are none are refused", async () => {
  const refused = (answers: SteeredAnswer[], code: string, ...parts: string[]): Promise<void> =>
    expectRefusal(() => klFromBase(answers, sampling), code, ...parts);
  await refused([], "log-probs-empty", "at least one");
  await refused([answerOf("a", [], [])], "log-probs-range", 'The answer to prompt "a", sample 0, has 0 tokens');
  await refused([answerOf("a", [-1], [-Infinity])], "log-probs-range", "-Infinity (base)", "infinite");
  await refused([answerOf("a", [0.5], [-1])], "log-probs-range", "0.5 (steered)");
  await refused([answerOf("a", [NaN], [-1])], "log-probs-range", "NaN (steered)");
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

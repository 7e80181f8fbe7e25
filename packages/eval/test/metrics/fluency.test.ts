import { degenerateText, EvaluationConfig, SamplingConfig, type Generation, type Score } from "@uniarm/core/schema";
import { collect } from "@uniarm/core/testing";
import { expect, test } from "vitest";
import { evaluate, fluencyOf, formatFluency, formatKl, formatReport } from "../../src/index.ts";

const PROMPTS = ["a", "b", "c"];
const CORNERS = [
  [1, 0],
  [0, 1],
];
const config = EvaluationConfig.parse({
  objectives: [
    { name: "x", description: "x" },
    { name: "y", description: "y" },
  ],
  normaliser: { nadir: [0, 0], ideal: [1, 1] },
  referencePoint: [0, 0],
  bootstrapResamples: 10,
});

const sentence = [11, 12, 13, 14, 15, 16, 17, 0];
/** "A: A: A:" */
const loop = Array.from({ length: 20 }, (_, place) => 1 + (place % 2));

const generation = (promptId: string, preference: number[] | null, changes: Partial<Generation> = {}): Generation => ({
  promptId,
  prompt: promptId,
  preference,
  sample: 0,
  text: "",
  tokenIds: sentence,
  finish: "eos",
  logProbNats: -8,
  baseLogProbNats: -8,
  ...changes,
});
const score = ({ promptId, preference, sample }: Generation): Score => ({
  promptId,
  preference,
  sample,
  rewards: { x: 0.5, y: 0.25 },
});

const base = PROMPTS.map((id) => generation(id, null));
const front = (changes: (preference: number[]) => Partial<Generation> = () => ({})): Generation[] =>
  CORNERS.flatMap((preference) => PROMPTS.map((id) => generation(id, preference, changes(preference))));

async function evaluated(
  generations: readonly Generation[],
  scores = generations.map(score),
  sampling?: SamplingConfig,
) {
  const events = await collect(
    evaluate(config, scores, { generations, sampling, base: { scores: base.map(score), generations: base } }),
  );
  const last = events.at(-1)!;
  if (last.type !== "report") throw new Error("no report");
  return { report: last.report, notices: events.flatMap((event) => (event.type === "notice" ? [event.message] : [])) };
}

test("fluency is of the answers at one preference, by hand", () => {
  expect(
    fluencyOf([
      generation("a", null, { tokenIds: [1, 2, 1, 2, 1, 2, 0], baseLogProbNats: -7 * Math.log(3) }),
      generation("b", null, { tokenIds: [1, 3, 5], finish: "length", baseLogProbNats: -3 * Math.log(3) }),
    ]),
  ).toEqual({
    answers: 2,
    basePerplexity: { value: expect.closeTo(3, 10) as number },
    repeatedFourGrams: { value: expect.closeTo(1 / 3, 12) as number },
    distinctTwo: { value: 4 / 7 },
    endedShare: 0.5,
    lengthTokens: 4.5,
  });
});

test("a front has the fluency of each preference and the base model's own row, in the report and in its tables", async () => {
  const { report, notices } = await evaluated(
    front(([first]) => ({ baseLogProbNats: first === 1 ? -8 * Math.log(2) : -8 * Math.log(4) })),
  );
  expect(notices).toEqual([]);
  expect(report.front.points.map(({ preference, fluency }) => [preference[0], fluency!.basePerplexity.value])).toEqual([
    [0, expect.closeTo(4, 10)],
    [1, expect.closeTo(2, 10)],
  ]);
  expect(report.base).toMatchObject({ promptCount: 3, normalised: [0.5, 0.25] });
  expect(report.base!.mean[0]).toMatchObject({ value: 0.5 });
  expect(formatReport(report)).toMatch(/base model +0\.500 \[0\.500, 0\.500\]/);
  expect(formatFluency(report)).toMatch(/0\.00, 1\.00 +4\.00 +0\.000 +0\.333 +1\.000 +7\.0\n/);
  expect(formatFluency(report)).toMatch(/base model +2\.72 /);
});

test("a front of drawn answers has their divergence from the base at each preference, in the report and as a table", async () => {
  const drawn = front(([first]) => ({ logProbNats: first === 1 ? -5 : -8, baseLogProbNats: -8 }));
  const { report } = await evaluated(drawn, drawn.map(score), SamplingConfig.parse({ temperature: 1 }));
  expect(report.front.points.map(({ preference, klFromBase }) => [preference[0], klFromBase!.value])).toEqual([
    [0, 0],
    [1, 3],
  ]);
  expect(formatKl(report)).toMatch(/1\.00, 0\.00 +3\.000 \[3\.000, 3\.000\]\n/);
  expect(formatKl(report)).toContain("Divergence of the steered model from the base on its own samples");
});

test("of greedy answers it is said that there is none; where nobody knows how they were drawn there is nothing", async () => {
  const { report } = await evaluated(front(), undefined, SamplingConfig.parse({}));
  expect(formatKl(report)).toBe(
    "No KL from the base: Greedy answers are no samples: a divergence is not defined for them.\n",
  );
  const unknown = (await evaluated(front())).report;
  expect(formatKl(unknown)).toBeNull();
  expect(unknown.front.points[0]).not.toHaveProperty("klFromBase");
});

test("a loop such as A: A: A: is named with its preference, beside what the base does", async () => {
  const looped = front(([first]) => (first === 1 ? { tokenIds: loop, finish: "length", baseLogProbNats: -20 } : {}));
  const { notices } = await evaluated(looped);
  expect(notices).toEqual([
    "The text has lost its fluency at preference (1, 0) 88 % of an answer's 4-grams are repeated (base 0 %), and 0 % of the answers end by themselves (base 100 %). Lower the strength, or read the answers before you trust their rewards.",
  ]);
});

test("of many points that lost their fluency the three worst are named, and the rest are counted", () => {
  const repeating = (share: number) => ({
    ...fluencyOf([generation("a", [1, 0], { baseLogProbNats: undefined, tokenIds: loop })]),
    repeatedFourGrams: { value: share },
  });
  const points = [0.3, 0.9, 0.1, 0.5, 0.7].map((share, index) => ({
    preference: [index / 4, 1 - index / 4],
    fluency: repeating(share),
  }));
  expect(degenerateText({ points })).toEqual([
    "at preference (0.25, 0.75) 90 % of an answer's 4-grams are repeated",
    "at preference (1, 0) 70 % of an answer's 4-grams are repeated",
    "at preference (0.75, 0.25) 50 % of an answer's 4-grams are repeated",
    "and at 1 more of 5 preferences",
  ]);
});

test("text that the base model would hardly say is named; what it says alike is not", async () => {
  const strange = (nats: number): Generation[] => front(() => ({ baseLogProbNats: nats }));
  expect((await evaluated(strange(-8 * 2.5))).notices).toEqual([]); // perplexity 12.2 of 2.7
  expect((await evaluated(strange(-8 * 2.7))).notices[0]).toContain("the perplexity under the base is 14.9 (base 2.7)");
});

test("without the base model only loops are named, and an unknown perplexity says why", () => {
  const points = CORNERS.map((preference) => ({
    preference,
    fluency: fluencyOf([generation("a", preference, { baseLogProbNats: undefined, tokenIds: loop })]),
  }));
  expect(points[0]!.fluency.basePerplexity).toEqual({
    value: null,
    reason: "1 of 1 answers have no log-probability under the base model: decode them with baseLogProbs.",
  });
  expect(degenerateText({ points })[0]).toBe("at preference (1, 0) 88 % of an answer's 4-grams are repeated");
});

test("answers that are not those of the scores, and a base on other prompts, are refused", async () => {
  const scores = front().map(score);
  for (const wrong of [front().slice(1), [...front(), generation("d", [1, 0])], front().concat(front())])
    await expect(evaluated(wrong, scores)).rejects.toThrow(
      "Give the generations that were scored, all of them and no others.",
    );
  const other = [generation("z", null)].map(score);
  await expect(collect(evaluate(config, scores, { base: { scores: other } }))).rejects.toThrow(
    "The base model's scores are of 1 prompts and the front's of 3, and they are not the same.",
  );
});

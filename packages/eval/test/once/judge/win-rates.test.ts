import { createRandom } from "@uniarm/core";
import { EvaluationConfig, type Score, type Verdict } from "@uniarm/core/schema";
import { expect, test } from "vitest";
import { kappaOf } from "../../../src/judge/agreement.ts";
import { winRates } from "../../../src/judge/win-rates.ts";
import { promptBootstrap, rewardTable } from "../../../src/index.ts";
import { verdictOf } from "../../support/answers.ts";

const settings = { bootstrapResamples: 200, confidence: 0.9, seed: 3 };
const OUTCOMES = ["win", "tie", "loss", "failed"] as const;
const WORTH = { win: 1, tie: 0.5, loss: 0, failed: 0.5 };

function drawnVerdicts(outcomes: readonly Verdict["outcome"][]): Verdict[] {
  const random = createRandom(1);
  return [
    [0, 1],
    [1, 0],
  ].flatMap((preference) =>
    Array.from({ length: 30 }, (_, prompt) =>
      [0, 1].map((sample) =>
        verdictOf(`p${prompt}`, outcomes[random.integer(outcomes.length)]!, { preference, sample }),
      ),
    ).flat(),
  );
}

test("wins and half of ties count over all pairs; failures stay in the denominator and widen the bounds", () => {
  const outcomes = ["win", "win", "win", "loss", "tie", "tie", "failed", "failed"] as const;
  const [rate] = winRates(
    outcomes.map((outcome, prompt) => verdictOf(`p${prompt}`, outcome)),
    settings,
  );
  expect(rate).toMatchObject({ prompts: 8, pairs: 8, wins: 3, ties: 2, losses: 1, failed: 2 });
  expect(rate!.winRate!.value).toBe((3 + 0.5 * 2 + 0.5 * 2) / 8);
  expect(rate!.bounds).toEqual({ low: (3 + 1) / 8, high: (3 + 1 + 2) / 8 });
});

test("interval and value are those of the front's prompt bootstrap on the same worths", () => {
  const verdicts = drawnVerdicts(OUTCOMES);
  const scores = verdicts.map(({ promptId, preference, sample, outcome }): Score => ({
    promptId,
    preference,
    sample,
    rewards: { one: WORTH[outcome], two: 0 },
  }));
  const objectives = ["one", "two"].map((name) => ({ name, description: name }));
  const protocol = { objectives, normaliser: { nadir: [0, 0], ideal: [1, 1] }, referencePoint: [-1, -1] };
  const twin = promptBootstrap(
    rewardTable(scores, ["one", "two"]),
    EvaluationConfig.parse({ ...protocol, ...settings }),
  );
  for (const [place, { winRate }] of winRates(verdicts, settings).entries()) {
    const expected = twin.mean[place]![0]!;
    expect(winRate!.value).toBeCloseTo(expected.value, 12); // sums in another order
    expect(winRate!.interval!.low).toBeCloseTo(expected.interval!.low, 12);
    expect(winRate!.interval!.high).toBeCloseTo(expected.interval!.high, 12);
  }
});

test("seen from the opponent, a win rate is 1 minus itself", () => {
  const mirrored = { win: "loss", loss: "win", tie: "tie", failed: "failed" } as const;
  const verdicts = drawnVerdicts(OUTCOMES);
  const other = winRates(
    verdicts.map((verdict) => ({ ...verdict, outcome: mirrored[verdict.outcome] })),
    settings,
  );
  for (const [place, { winRate, bounds }] of winRates(verdicts, settings).entries()) {
    expect(winRate!.value + other[place]!.winRate!.value).toBeCloseTo(1, 12);
    expect(bounds.low + other[place]!.bounds.high).toBeCloseTo(1, 12);
  }
});

test("a prompt counts once, however many samples it has", () => {
  const [rate] = winRates(
    [
      verdictOf("many", "win", { sample: 0 }),
      verdictOf("many", "win", { sample: 1 }),
      verdictOf("many", "win", { sample: 2 }),
      verdictOf("one", "loss"),
    ],
    settings,
  );
  expect(rate!.winRate!.value).toBe(0.5);
});

test("where every pair failed there is no win rate, and the bounds say that nothing is known", () => {
  const [rate] = winRates([verdictOf("p", "failed"), verdictOf("q", "failed")], settings);
  expect(rate!.winRate).toBeNull();
  expect(rate!.bounds).toEqual({ low: 0, high: 1 });
});

test("preferences stand in ascending order, the unguided first, objectives as they were judged", () => {
  const rates = winRates(
    [[1, 0], [0, 1], null].flatMap((preference) =>
      ["zeal", "art"].map((objective) => verdictOf("p", "win", { preference, objective })),
    ),
    { ...settings, bootstrapResamples: 0 },
  );
  expect(rates.map(({ preference, objective }) => [preference, objective])).toEqual([
    [null, "zeal"],
    [null, "art"],
    [[0, 1], "zeal"],
    [[0, 1], "art"],
    [[1, 0], "zeal"],
    [[1, 0], "art"],
  ]);
  expect(rates[0]!.winRate).toEqual({ value: 1, interval: null });
});

const votes = (both: number, first: number, second: number, none: number): [boolean, boolean][] =>
  (
    [
      [both, [true, true]],
      [first, [true, false]],
      [second, [false, true]],
      [none, [false, false]],
    ] as const
  ).flatMap(([count, [one, other]]) => Array.from({ length: count }, (): [boolean, boolean] => [one, other]));

test.each([
  // by hand: 35 of 50 equal; chance .5 * .6 + .5 * .4 = .5; (.7 - .5) / .5
  [votes(20, 5, 10, 15), 0.7, 0.4],
  [votes(4, 0, 0, 4), 1, 1],
  [votes(0, 4, 4, 0), 0, -1],
  [votes(1, 1, 1, 1), 0.5, 0],
])("kappa sets agreement against chance", (all, share, kappa) => {
  expect(kappaOf(all).share).toBe(share);
  expect(kappaOf(all).kappa).toBeCloseTo(kappa, 12);
});

test("kappa is not defined where both always say the same, or without pairs", () => {
  expect(kappaOf(votes(3, 0, 0, 0))).toEqual({ pairs: 3, share: 1, kappa: null });
  expect(kappaOf([])).toEqual({ pairs: 0, share: null, kappa: null });
});

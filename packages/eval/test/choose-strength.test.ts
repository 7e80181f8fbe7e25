import { EvaluationConfig, StrengthRule, type Generation, type Score } from "@uniarm/core/schema";
import { collect } from "@uniarm/core/testing";
import { describe, expect, test } from "vitest";
import { chooseStrength, evaluate, type FrontAtStrength } from "../src/index.ts";

const config = EvaluationConfig.parse({
  objectives: [
    { name: "x", description: "x" },
    { name: "y", description: "y" },
  ],
  normaliser: { nadir: [0, 0], ideal: [1, 1] },
  referencePoint: [0, 0],
  bootstrapResamples: 0,
});
const CORNERS = [
  [1, 0],
  [0, 1],
];
const PROMPTS = ["a", "b"];
/** A token of the base model's own answers costs half a nat. */
const BASE_NATS = 0.5;

const answer = (promptId: string, preference: number[] | null, natsPerToken: number | undefined): Generation => ({
  promptId,
  prompt: promptId,
  preference,
  sample: 0,
  text: "",
  tokenIds: [3, 4, 5, 0],
  finish: "eos",
  logProbNats: -1,
  ...(natsPerToken === undefined ? {} : { baseLogProbNats: -4 * natsPerToken }),
});
const scoreOf = ({ promptId, preference, sample }: Generation, x: number, y: number): Score => ({
  promptId,
  preference,
  sample,
  rewards: { x, y },
});

interface Made {
  /** what the corner of x obtains there; that of y the mirror of it */
  reward: number;
  other?: number;
  /** of a token, at each corner */
  nats: [number, number] | undefined;
  withBase?: boolean;
}

async function frontAt(
  strength: number,
  { reward, other = 0.25, nats, withBase = true }: Made,
): Promise<FrontAtStrength> {
  const generations = CORNERS.flatMap((preference, corner) =>
    PROMPTS.map((id) => answer(id, preference, nats?.[corner])),
  );
  const scores = generations.map((one) =>
    one.preference![0] === 1 ? scoreOf(one, reward, other) : scoreOf(one, other, reward),
  );
  const own = PROMPTS.map((id) => answer(id, null, BASE_NATS));
  const base = { scores: own.map((one) => scoreOf(one, 0.2, 0.2)), generations: own };
  const events = await collect(evaluate(config, scores, { generations, ...(withBase ? { base } : {}) }));
  const last = events.at(-1)!;
  if (last.type !== "report") throw new Error("no report");
  return { strength, report: last.report };
}

const rule = (given: object = {}): StrengthRule => StrengthRule.parse(given);
const chosenBy = (fronts: readonly FrontAtStrength[], given?: object): number =>
  chooseStrength(fronts, rule(given)).chosen;

describe("a strength is chosen on validation prompts", () => {
  test("by the figure that is asked for; the first of equal ones", async () => {
    // hypervolume of the staircase of two corners; mean inner product is the corner's own reward
    const wide = await frontAt(1, { reward: 0.8, other: 0.6, nats: [0.5, 0.5] });
    const sharp = await frontAt(2, { reward: 0.9, other: 0.1, nats: [0.5, 0.5] });
    expect(chosenBy([wide, sharp])).toBe(1);
    expect(chosenBy([wide, sharp], { by: "mean-inner-product" })).toBe(2);
    expect(chosenBy([sharp, wide], { by: "sum" })).toBe(1);
    const same = await frontAt(4, { reward: 0.8, other: 0.6, nats: [0.5, 0.5] });
    expect(chosenBy([wide, same])).toBe(1);
    expect(chosenBy([same, wide])).toBe(4);
  });

  test("among those whose answers keep within the bound at every preference; what is left out says why", async () => {
    const fluent = await frontAt(1, { reward: 0.5, nats: [BASE_NATS, BASE_NATS + Math.log(2)] });
    const broken = await frontAt(4, { reward: 0.9, nats: [BASE_NATS, BASE_NATS + Math.log(3)] });
    expect(chosenBy([fluent, broken])).toBe(4);
    const { chosen, tried } = chooseStrength([fluent, broken], rule({ maxPerplexityRatio: 2.5 }));
    expect(chosen).toBe(1);
    expect(tried.map(({ strength, perplexityRatio, excluded }) => [strength, perplexityRatio.value, excluded])).toEqual(
      [
        [1, expect.closeTo(2, 10), null],
        [4, expect.closeTo(3, 10), "perplexity under the base up to 3.00 times the base's own, more than 2.5"],
      ],
    );
    expect(chosenBy([fluent, broken], { maxPerplexityRatio: 3.01 })).toBe(4);
  });

  test("and not at all where every one is excluded: the ratios are named", async () => {
    const fronts = [
      await frontAt(1, { reward: 0.5, nats: [1.5, 0.5] }),
      await frontAt(4, { reward: 0.9, nats: [0.5, 2.5] }),
    ];
    expect(() => chosenBy(fronts, { maxPerplexityRatio: 1.25 })).toThrow(
      "No strength can be chosen: the perplexity of answers under the base model may be up to 1.25 times its own (maxPerplexityRatio), and it is 2.72 at strength 1, 7.39 at strength 4. Add smaller strengths, or raise maxPerplexityRatio.",
    );
  });

  test("within a bound only where the perplexity is known, of answers and base", async () => {
    const unread = await frontAt(2, { reward: 0.5, nats: undefined });
    expect(() => chosenBy([unread], { maxPerplexityRatio: 2 })).toThrow(
      "Whether strength 2 keeps within maxPerplexityRatio 2 is not known. 2 of 2 answers have no log-probability under the base model: decode them with baseLogProbs.",
    );
    const alone = await frontAt(2, { reward: 0.5, nats: [1, 1], withBase: false });
    expect(() => chosenBy([alone], { maxPerplexityRatio: 2 })).toThrow("The base model's own answers were not given.");
    expect(chooseStrength([alone], rule()).tried[0]!.perplexityRatio.value).toBeNull();
    expect(() => chooseStrength([], rule())).toThrow("a choice needs the front of one at least");
  });
});

import { beforeAll, describe, expect, test } from "vitest";
import { createRandom, openEngine, tf } from "@uniarm/core";
import type { Divergence } from "@uniarm/core/schema";
import { expectNoTensorLeak } from "@uniarm/core/testing";
import { exactModLogProbs } from "../../src/fusion/mod-exact.ts";
import { modScores, type PolicyLogProbs } from "../../src/fusion/mod.ts";
import { scoresOf } from "../../src/guide.ts";
import { largestDifference, readGolden } from "../golden.ts";

interface Case {
  base_logits: number[];
  arm_logits: number[][];
  weights: number[];
  logprobs: Record<string, number[]>;
}
const { cases, tolerance } = readGolden<{ cases: Case[]; tolerance: { logprobs_abs: number } }>(
  "decoding/from-logits/expect.json",
);
const named = cases.map((one) => [one.arm_logits.length, one] as const);

beforeAll(async () => {
  await openEngine();
});

type Rule = readonly [Divergence, number];
const RULES: readonly (readonly [golden: string, ...Rule])[] = [
  ["reverse_kl", "reverse-kl", 0.5],
  ["forward_kl", "forward-kl", 0.5],
  ["alpha_0.5", "alpha", 0.5],
  ["alpha_2", "alpha", 2],
];
const EXACT: readonly (readonly [golden: string, ...Rule])[] = [
  ...RULES.map(([golden, ...rule]) => [`mod_exact_${golden}`, ...rule] as const),
  ["mod_jsd", "jsd", 0.5],
];

/** log p of each row. @param policies logits [k][N][V] @param weights [N][k] */
function exact([divergence, alpha]: Rule, base: number[][], policies: number[][][], weights: number[][]): number[][] {
  return tf.tidy(() =>
    exactModLogProbs(divergence, alpha, tf.logSoftmax(tf.tensor2d(base)), opened(policies, weights)).arraySync(),
  );
}
function published([divergence, alpha]: Rule, policies: number[][][], weights: number[][]): number[][] {
  return tf.tidy(() => tf.logSoftmax(modScores(divergence, alpha, opened(policies, weights))).arraySync());
}
const opened = (policies: number[][][], weights: number[][]): PolicyLogProbs[] =>
  policies.map((logits, policy) => ({
    logProbs: tf.logSoftmax(tf.tensor2d(logits)),
    weights: tf.tensor1d(weights.map((row) => row[policy]!)),
  }));

describe.each(named)("of %i policies", (_, { base_logits, arm_logits, weights, logprobs }) => {
  const base = [base_logits.slice(0, arm_logits[0]!.length)];
  const policies = arm_logits.map((logits) => [logits]);

  test.each(RULES)("the power means match the reference: %s", (golden, ...rule) => {
    const [found] = published(rule, policies, [weights]);
    expect(largestDifference(found!, logprobs[`mod_${golden}`]!)).toBeLessThanOrEqual(tolerance.logprobs_abs);
  });

  test.each(EXACT)("the exact rules match the reference, normalised as they are: %s", (golden, ...rule) => {
    const [found] = exact(rule, base, policies, [weights]);
    expect(largestDifference(found!, logprobs[golden]!)).toBeLessThanOrEqual(tolerance.logprobs_abs);
  });
});

const VOCABULARY = 40;
const ROWS = 6;
/** Logits as far apart as `scale` says: at 30 the policies all but contradict each other. */
function drawn(name: string, scale: number): number[][] {
  const random = createRandom(8).fork(`${name} ${scale}`);
  return Array.from({ length: ROWS }, () => Array.from({ length: VOCABULARY }, () => scale * random.normal()));
}
const WEIGHTS = [
  [0.2, 0.3, 0.5],
  [1, 0, 0],
  [0, 0.5, 0.5],
  [0.98, 0.01, 0.01],
  [1 / 3, 1 / 3, 1 / 3],
  [0, 0, 1],
];
const POLICIES = ["first", "second", "third"];
const logSoftmax = (logits: number[]): number[] => {
  const most = Math.max(...logits);
  const sum = Math.log(logits.reduce((total, logit) => total + Math.exp(logit - most), 0)) + most;
  return logits.map((logit) => logit - sum);
};

/** f' of each divergence, in float64. */
const DERIVATIVES: Record<string, (t: number) => number> = {
  "forward-kl": (t) => -1 / t,
  "alpha 0.5": (t) => (1 - t ** -0.5) / 0.5,
  "alpha 0.05": (t) => (1 - t ** -0.05) / 0.05,
  jsd: (t) => Math.log((2 * t) / (1 + t)),
};

const SOLVED: readonly (readonly [name: string, rule: Rule])[] = [
  ["forward-kl", ["forward-kl", 1]],
  ["alpha 0.5", ["alpha", 0.5]],
  ["alpha 0.05", ["alpha", 0.05]],
  ["jsd", ["jsd", 1]],
];
describe.each(SOLVED)("exact MOD by %s", (name, rule) => {
  test.each([0.1, 1, 4, 12, 30])(
    "is a distribution, whose f' is the mean of the policies' less one Z: logits of deviation %d",
    (scale) => {
      const base = drawn("base", scale);
      const policies = POLICIES.map((policy) => drawn(policy, scale));
      const found = exact(rule, base, policies, WEIGHTS);
      const derivative = DERIVATIVES[name]!;
      for (const [row, logProbs] of found.entries()) {
        const total = logProbs.reduce((sum, logProb) => sum + Math.exp(logProb), 0);
        expect(Math.abs(total - 1)).toBeLessThan(5e-5); // float32 log-probabilities of -200 are 1.5e-5 apart
        const reference = logSoftmax(base[row]!);
        const said = policies.map((logits) => logSoftmax(logits[row]!));
        const shifts = logProbs.map((logProb, token) => {
          const terms = said.map(
            (of, policy) => WEIGHTS[row]![policy]! * derivative(Math.exp(of[token]! - reference[token]!)),
          );
          const mean = terms.reduce((sum, term) => sum + term, 0);
          const own = derivative(Math.exp(logProb - reference[token]!));
          // what an error of 1e-4 in a log-probability makes of f'
          const slack = Math.abs(derivative(Math.exp(logProb + 1e-4 - reference[token]!)) - own);
          const roundings = [mean, ...terms].reduce((sum, term) => sum + Math.abs(term), 0) * 1e-5;
          return { z: mean - own, slack: slack + roundings };
        });
        const low = Math.max(...shifts.map(({ z, slack }) => z - slack));
        const high = Math.min(...shifts.map(({ z, slack }) => z + slack));
        expect(low).toBeLessThanOrEqual(high); // one Z fits all tokens
      }
    },
  );

  test("of equal policies is theirs, whatever the base says", () => {
    const [base, logits] = [drawn("base", 2), drawn("first", 2)];
    const found = exact(rule, base, [logits, logits, logits], WEIGHTS);
    expect(largestDifference(found.flat(), logits.flatMap(logSoftmax))).toBeLessThan(5e-5);
  });

  test("with all weight on one policy is its own distribution", () => {
    const policies = POLICIES.map((policy) => drawn(policy, 2));
    const found = exact(rule, drawn("base", 2), policies, WEIGHTS);
    expect(largestDifference(found[1]!, logSoftmax(policies[0]![1]!))).toBeLessThan(5e-5);
    expect(largestDifference(found[5]!, logSoftmax(policies[2]![5]!))).toBeLessThan(5e-5);
  });

  test("rows do not see each other, one that is not a number included", () => {
    const [base, policies] = [drawn("base", 2), POLICIES.map((policy) => drawn(policy, 2))];
    const before = exact(rule, base, policies, WEIGHTS);
    base[2] = base[2]!.map(() => Number.NaN);
    const after = exact(rule, base, policies, WEIGHTS);
    expect(after[2]!.every(Number.isNaN)).toBe(true);
    for (const row of [0, 1, 3, 4, 5]) expect(largestDifference(after[row]!, before[row]!)).toBeLessThan(1e-5);
  });

  test("keeps no tensor", async () => {
    await expectNoTensorLeak(() =>
      exact(
        rule,
        drawn("base", 1),
        [drawn("first", 1)],
        WEIGHTS.map(() => [1]),
      ),
    );
  });
});

test("for reverse KL both forms are one, and the base has no say", () => {
  const policies = POLICIES.map((policy) => drawn(policy, 3));
  const rule = ["reverse-kl", 0.5] as const;
  const found = exact(rule, drawn("base", 3), policies, WEIGHTS).map(logSoftmax);
  expect(found).toEqual(exact(rule, drawn("another", 3), policies, WEIGHTS).map(logSoftmax));
  expect(largestDifference(found.flat(), published(rule, policies, WEIGHTS).flat())).toBeLessThan(1e-5);
});

test("the power means of the released code are not the exact rules", () => {
  const policies = POLICIES.map((policy) => drawn(policy, 2));
  const base = drawn("base", 2);
  for (const [, rule] of SOLVED)
    expect(
      largestDifference(published(rule, policies, WEIGHTS)[0]!, exact(rule, base, policies, WEIGHTS)[0]!),
    ).toBeGreaterThan(0.01);
});

test("penalties see a policy that counts alone on the scale of its own logits", () => {
  const logits = [8, 7.5, 1, -3];
  const [scores] = tf.tidy(() =>
    scoresOf({
      logits: tf.tensor2d([logits]),
      hasBase: false,
      fusion: { rule: "mod", divergence: "reverse-kl", form: "exact" },
      coefficients: [[1]],
    }).arraySync(),
  );
  scores!.forEach((score, token) => {
    expect(score).toBeCloseTo(logits[token]!, 5); // sums of float32
  });
});

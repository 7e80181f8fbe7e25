import { createRandom } from "@uniarm/core";
import { EvaluationReport, FrontMetrics, type EvaluationConfig, type Score } from "@uniarm/core/schema";
import { collect } from "@uniarm/core/testing";
import { expect, test } from "vitest";
import { assertComparable, evaluate, formatMetrics, protocolDifferences } from "../src/index.ts";
import { expectRefusal } from "./support/refusal.ts";
import { circleScores, config } from "./support/scores.ts";

async function reportOf(scores: Score[], settings: EvaluationConfig): Promise<EvaluationReport> {
  const last = (await collect(evaluate({ ...settings, bootstrapResamples: 0, permutations: 99 }, scores))).at(-1);
  return EvaluationReport.parse(last?.type === "report" ? last.report : last);
}

const scores = circleScores(createRandom(1), { prompts: 6 });
const greedy = { split: "test", decoding: "greedy", scorer: "beaver" };

test("fronts under different conditions are refused, and each condition is named with both values", async () => {
  const reports = [
    { name: "parm", report: await reportOf(scores, { ...config, conditions: greedy }) },
    { name: "uniarm", report: await reportOf(scores, { ...config, conditions: { ...greedy, decoding: "top-p", split: "validation" } }) }, // prettier-ignore
  ];
  await expectRefusal(
    () => assertComparable(reports),
    "fronts-not-comparable",
    "they differ in data split (test; validation), decoding (greedy; top-p).",
  );
});

test("responses of weights in different number formats are not compared, also where one report holds both", async () => {
  const of = (baseWeights: string): Score[] => scores.map((score) => ({ ...score, baseWeights }));
  const mixed = scores.map((score, index) => ({ ...score, baseWeights: index % 2 ? "float32" : "bfloat16" }));
  const named = async (name: string, own: Score[]) => ({
    name,
    report: await reportOf(own, { ...config, conditions: greedy }),
  });
  const [one, other, both] = [
    await named("parm", of("float32")),
    await named("uniarm", of("bfloat16")),
    await named("both", mixed),
  ];
  expect(one.report.config.conditions).toEqual({ ...greedy, baseWeights: "float32" });
  expect(one.report.protocolHash).toBe(other.report.protocolHash);
  await expectRefusal(
    () => assertComparable([one, other]),
    "fronts-not-comparable",
    "they differ in base weights (float32; bfloat16).",
  );
  expect(protocolDifferences(one.report, both.report)).toEqual(["base weights (float32; bfloat16 and float32)"]);
});

test("a condition that one report does not know keeps nothing apart", async () => {
  const [known, unknown] = [
    { ...config, conditions: greedy },
    { ...config, conditions: { split: "test" } },
  ];
  const [one, other, older] = await Promise.all([known, unknown, config].map((settings) => reportOf(scores, settings)));
  expect(protocolDifferences(one!, other!)).toEqual([]);
  expect(protocolDifferences(one!, older!)).toEqual([]);
});

test("prompts are named beside what else differs where both reports know them; an older report only when nothing else does", async () => {
  const one = await reportOf(scores, config);
  const other = await reportOf(circleScores(createRandom(1), { prompts: 5 }), { ...config, referencePoint: [0, 0] });
  expect(protocolDifferences(one, other)).toEqual(["reference point", "prompts"]);
  const { promptsHash: _, ...older } = other;
  expect(protocolDifferences(one, older)).toEqual(["reference point"]);
});

test("a report of an earlier version still reads, and compares with a new one", async () => {
  const { metrics, promptsHash, ...report } = await reportOf(scores, config);
  const { permutations, ...settings } = report.config;
  expect([metrics, promptsHash, permutations].includes(undefined as never)).toBe(false);
  const earlier = EvaluationReport.parse(JSON.parse(JSON.stringify({ ...report, config: settings })));
  expect(earlier.metrics).toBeUndefined();
  expect(protocolDifferences(earlier, await reportOf(scores, config))).toEqual([]);
});

test("a report says what the front's scores are beyond its volume, and each line says what it means", async () => {
  const { metrics, front } = await reportOf(scores, config);
  const told = FrontMetrics.parse(metrics);
  expect(told.hypervolumeContributions).toHaveLength(11);
  expect(told.hypervolumeContributions.reduce((sum, one) => sum + one, 0)).toBeLessThan(front.hypervolume.value);
  expect(told.steering.map(({ objective, local }) => [objective, local.length])).toEqual([
    ["helpful", 10],
    ["harmless", 10],
  ]);
  expect(told.preferenceEffect.pValue).toEqual({ value: 1 / 100 });
  const text = formatMetrics(told);
  expect(text).toContain("Cosine between the preference");
  expect(text).toContain("helpful 0.");
});

test("of one point nothing is told but its contribution and cosine, with the reasons", async () => {
  const { metrics } = await reportOf(scores.filter(({ preference }) => preference![0] === 1), config); // prettier-ignore
  const none = { value: null, reason: expect.any(String) as string };
  expect(metrics).toMatchObject({ sparsity: none, spacing: none, preferenceEffect: { gain: none, pValue: none } });
  expect(metrics!.steering[0]).toMatchObject({ spearman: none, slope: none, local: [] });
  expect(metrics!.preferenceCosine.value).toBeGreaterThan(0);
  expect(formatMetrics(metrics!)).toContain("none: The front has fewer than two points.");
});

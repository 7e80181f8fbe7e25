import { createRandom } from "@uniarm/core";
import type { EvaluationConfig, EvaluationReport, Score } from "@uniarm/core/schema";
import { collect } from "@uniarm/core/testing";
import { expect, test } from "vitest";
import { assertComparable, compareFronts, evaluate, pairedDifference, protocolHash } from "../src/index.ts";
import { expectRefusal } from "./support/refusal.ts";
import { circleScores, config, objectives } from "./support/scores.ts";

async function reportOf(scores: Score[], settings: EvaluationConfig = config): Promise<EvaluationReport> {
  const last = (await collect(evaluate({ ...settings, bootstrapResamples: 0 }, scores))).at(-1);
  if (last?.type !== "report") throw new Error("no report");
  return last.report;
}

const scores = circleScores(createRandom(1));

test("fronts of one protocol are set side by side", async () => {
  const wider = circleScores(createRandom(2), { radius: 1.5 });
  const reports = [
    { name: "parm", report: await reportOf(scores) },
    { name: "uniarm", report: await reportOf(wider) },
  ];
  const [parm, uniarm] = compareFronts(reports);
  expect([parm!.name, uniarm!.name]).toEqual(["parm", "uniarm"]);
  expect(uniarm!.hypervolume.value).toBeGreaterThan(parm!.hypervolume.value);
  expect(parm!.points).toBe(11);
});

test("fronts of different protocols are refused, and what differs is named", async () => {
  const report = await reportOf(scores);
  const against = async (changed: Score[], settings: EvaluationConfig, ...parts: string[]): Promise<void> => {
    const reports = [
      { name: "parm", report },
      { name: "uniarm", report: await reportOf(changed, settings) },
    ];
    await expectRefusal(() => assertComparable(reports), "fronts-not-comparable", '"parm" and "uniarm"', ...parts);
  };
  await against(scores, { ...config, referencePoint: [0, 0] }, "they differ in reference point.");
  await against(scores, { ...config, normaliser: { nadir: [0, 0], ideal: [2, 2] } }, "they differ in normaliser.");
  const costly = [objectives[0]!, { ...objectives[1]!, direction: "minimize" as const }];
  await against(scores, { ...config, objectives: costly }, "they differ in objectives.");
  await against(circleScores(createRandom(1), { divisions: 5 }), config, "they differ in preferences.");
  await against(
    circleScores(createRandom(1), { prompts: 5 }),
    config,
    "they differ in prompts.",
    "Evaluate both with the same",
  );
});

test("the hash ignores the order of prompts and preferences, rounding of preferences, and what is not the protocol", () => {
  const hash = protocolHash(
    config,
    [
      [0.3, 0.7],
      [1, 0],
    ],
    ["a", "b"],
  );
  expect(
    protocolHash(
      { ...config, seed: 9, bootstrapResamples: 0 },
      [
        [1, 0],
        [0.1 + 0.2, 0.7],
      ],
      ["b", "a"],
    ),
  ).toBe(hash);
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(
    protocolHash(
      config,
      [
        [0.3, 0.7],
        [1, 0],
      ],
      ["a", "c"],
    ),
  ).not.toBe(hash);
});

test("a paired difference of sets that do not pair is refused", async () => {
  const fewer = circleScores(createRandom(1), { prompts: 5 });
  await expectRefusal(
    () => pairedDifference(scores, fewer, config),
    "fronts-not-comparable",
    "(11 preferences x 20 prompts; 11 preferences x 5 prompts) do not have the same preferences, prompts and strata",
  );
});

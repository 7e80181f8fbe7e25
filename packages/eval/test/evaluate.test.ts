import { createRandom } from "@uniarm/core";
import { EvaluationReport, preferenceGrid, RunEvent, type EvaluationConfig, type Score } from "@uniarm/core/schema";
import { collect } from "@uniarm/core/testing";
import { expect, test } from "vitest";
import { constantFront, evaluate, hypervolume } from "../src/index.ts";
import { expectRefusal } from "./support/refusal.ts";
import { circleScores, config, objectives, scoreOf } from "./support/scores.ts";

async function reportOf(scores: Score[], settings: EvaluationConfig = config): Promise<EvaluationReport> {
  const last = (await collect(evaluate(settings, scores))).at(-1);
  return EvaluationReport.parse(last?.type === "report" ? last.report : last);
}

const twoPoints = [
  scoreOf("a", [1, 0], [1, 0]),
  scoreOf("b", [1, 0], [0.5, 0]),
  scoreOf("a", [0, 1], [0, 0.8]),
  scoreOf("b", [0, 1], [0, 0.4]),
];

test("a front of two points has the means, hypervolume and mean inner product worked out by hand", async () => {
  const { front } = await reportOf(twoPoints);
  expect(front.points.map(({ preference }) => preference)).toEqual([
    [0, 1],
    [1, 0],
  ]);
  const means = front.points.map(({ mean }) => mean.map(({ value }) => value));
  [
    [0, 0.6],
    [0.75, 0],
  ]
    .flat()
    .forEach((value, place) => expect(means.flat()[place]).toBeCloseTo(value, 12));
  expect(front.hypervolume.value).toBeCloseTo(0.1 * 0.7 + 0.75 * 0.1, 12);
  expect(front.meanInnerProduct.value).toBeCloseTo((0.6 + 0.75) / 2, 12);
  expect(front.points.map(({ promptCount, dominated }) => [promptCount, dominated])).toEqual([
    [2, false],
    [2, false],
  ]);
});

test("hypervolume is of normalised rewards, mean inner product of raw ones", async () => {
  const scaled = { ...config, normaliser: { nadir: [-1, -1], ideal: [1, 1] }, referencePoint: [0, 0] };
  const { front } = await reportOf(twoPoints, scaled);
  expect(front.points.map(({ normalised }) => normalised)[1]).toEqual([0.875, 0.5]);
  expect(front.hypervolume.value).toBeCloseTo(
    hypervolume(
      [
        [0.5, 0.8],
        [0.875, 0.5],
      ],
      [0, 0],
    ),
    12,
  );
  expect(front.meanInnerProduct.value).toBeCloseTo((0.6 + 0.75) / 2, 12);
});

test("samples of a prompt are averaged first, so that a prompt with many counts once", async () => {
  const doubled = [...twoPoints, scoreOf("a", [1, 0], [0, 0], 1)];
  const { front } = await reportOf(doubled);
  expect(front.points[1]!.mean[0]!.value).toBeCloseTo((0.5 + 0.5) / 2, 12);
});

test("yields started, progress and at last a report; every event is a valid RunEvent", async () => {
  const events = await collect(evaluate(config, twoPoints));
  for (const event of events) RunEvent.parse(event);
  expect(events[0]).toEqual({ type: "started", kind: "evaluate", total: 400 });
  expect(events.at(-2)).toEqual({ type: "progress", phase: "bootstrap", done: 400, total: 400, unit: "resamples" });
  expect(events.at(-1)?.type).toBe("report");
});

test("the same scores in any order give the same bytes", async () => {
  const scores = circleScores(createRandom(1));
  const shuffled = createRandom(2).shuffle(scores);
  expect(JSON.stringify(await reportOf(shuffled))).toBe(JSON.stringify(await reportOf(scores)));
});

test("a dominated point is marked and changes no hypervolume", async () => {
  const { front } = await reportOf([
    ...twoPoints,
    scoreOf("a", [0.5, 0.5], [-0.05, -0.05]),
    scoreOf("b", [0.5, 0.5], [-0.05, -0.05]),
  ]);
  expect(front.points.map(({ dominated }) => dominated)).toEqual([false, true, false]);
  expect(front.hypervolume.value).toBe((await reportOf(twoPoints)).front.hypervolume.value);
});

test("the base model is one point repeated at every preference: the hypervolume of one, under the same protocol", async () => {
  const base = constantFront(
    [scoreOf("a", null, [0.2, 0.4]), scoreOf("b", null, [0.4, 0.2])],
    [
      [1, 0],
      [0, 1],
    ],
  );
  const report = await reportOf(base);
  expect(report.front.hypervolume.value).toBeCloseTo(0.4 * 0.4, 12);
  expect(report.front.meanInnerProduct.value).toBeCloseTo(0.3, 12);
  expect(report.protocolHash).toBe((await reportOf(twoPoints)).protocolHash);
});

test("without resamples there are no intervals and no progress", async () => {
  const events = await collect(evaluate({ ...config, bootstrapResamples: 0 }, twoPoints));
  expect(events.map(({ type }) => type)).toEqual(["started", "report"]);
  expect((await reportOf(twoPoints, { ...config, bootstrapResamples: 0 })).front.hypervolume.interval).toBeNull();
});

test("an aborted evaluation stops between resamples and says so", async () => {
  const controller = new AbortController();
  const events: RunEvent[] = [];
  for await (const event of evaluate(config, twoPoints, { signal: controller.signal })) {
    events.push(event);
    if (event.type === "progress") controller.abort();
  }
  expect(events.at(-1)).toEqual({
    type: "stopped",
    step: 50,
    message: "Stopped after 50 of 400 resamples; nothing was kept. Evaluating again starts from the beginning.",
  });
});

test("four objectives are measured by WFG and need nothing else", async () => {
  const names = ["w", "x", "y", "z"];
  const four = {
    ...config,
    objectives: names.map((name) => ({ ...objectives[0]!, name })),
    normaliser: { nadir: [0, 0, 0, 0], ideal: [1, 1, 1, 1] },
    referencePoint: [0, 0, 0, 0],
  };
  const scores = preferenceGrid(4, 1).map((preference) => {
    const rewards = Object.fromEntries(names.map((name, axis) => [name, 1 + preference[axis]!]));
    return { promptId: "a", preference, sample: 0, rewards };
  });
  expect((await reportOf(scores, four)).front.hypervolume.value).toBeCloseTo(5, 12); // four boxes of 2 that share the unit cube
});

test("scores that make no front are refused with what is missing", async () => {
  const refused = (scores: Score[], code: string, ...parts: string[]): Promise<void> =>
    expectRefusal(() => collect(evaluate(config, scores)), code, ...parts);
  const [first, ...others] = twoPoints as [Score, ...Score[]];
  await refused([], "scores-empty", "nothing to evaluate");
  await refused(
    others,
    "scores-incomplete",
    'Preference [1, 0] has 1 of 2 prompts: prompt "a" is missing',
    "decode and score",
  );
  await refused([...twoPoints, first], "scores-duplicate", 'Two scores for prompt "a", preference [1, 0], sample 0');
  await refused([scoreOf("a", null, [0, 0])], "scores-unguided", 'prompt "a" has preference null', "constantFront");
  await refused(
    [{ ...first, rewards: { helpful: 1 } }, ...others],
    "scores-objective-missing",
    'has no "harmless", only [helpful]',
  );
  await refused([scoreOf("a", [1, 0], [NaN, 0]), ...others], "scores-not-finite", "has helpful = NaN");
  await refused(
    [{ ...first, stratum: "H1" }, ...others],
    "scores-stratum",
    'Prompt "a" is in stratum "H1" in one score and "" in another',
  );
  await refused([scoreOf("a", [0.5, 0.6], [0, 0])], "preference-invalid", "sums to 1.1");
  await refused([scoreOf("a", [1], [0, 0])], "preference-invalid", "has 1 entries; this run has 2 objectives");
  await expectRefusal(() => constantFront(twoPoints, [[1, 0]]), "scores-guided", 'prompt "a" has preference [1, 0]');
});

test("a protocol whose lengths differ from the objectives is refused", async () => {
  const short = { ...config, referencePoint: [0] };
  await expectRefusal(
    () => reportOf(twoPoints, short),
    "evaluation-protocol",
    "referencePoint has 1 entries; expected 2",
    "[helpful, harmless]",
  );
  const long = { ...config, normaliser: { nadir: [0, 0, 0], ideal: [1, 1, 1] } };
  await expectRefusal(() => reportOf(twoPoints, long), "evaluation-protocol", "normaliser.nadir has 3 entries");
});

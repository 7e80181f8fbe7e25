import { AttemptEvent, REPORT_LIMITS } from "@uniarm/core/schema";
import { expect, test } from "vitest";
import { fitReport } from "../src/fit-report.ts";
import { tellCuts } from "../src/tell-cuts.ts";

const fit = (report: object) => fitReport(JSON.stringify(report));

test("what fits is passed on as it is", () => {
  const metric = { type: "metric", step: 3, values: { loss: 0.5, best: "NaN" } };
  expect(fit(metric)).toEqual({ report: metric, cuts: [] });
});

test("a metric with a name that is too long is left out by its name, the others of its step stay", () => {
  const long = "accuracy/".repeat(30);
  const { report, cuts } = fit({ type: "metric", step: 1, values: { loss: 1, [long]: 2, "": 3 } });
  expect(report).toEqual({ type: "metric", step: 1, values: { loss: 1 } });
  expect(cuts).toEqual([
    expect.stringMatching(/^The metric "accuracy\/.*\.\.\." is not kept: its name has 270 characters/),
    'The metric "" is not kept: its name has 0 characters, and may have 1 to 200.',
  ]);
});

test.each([
  ["notice", { type: "notice", code: "x", message: "m".repeat(10_500) }, /10500 characters; the first 10000/],
  [
    "progress",
    { type: "progress", phase: "p".repeat(300), done: 1, total: 2, unit: "s" },
    /300 characters; the first 200/,
  ],
  ["end", { type: "ended", end: "FAILED", reason: "r".repeat(20_000) }, /20000 characters; the first 10000/],
])("a %s that is too long is cut, and how much is said", (_name, given, says) => {
  const { report, cuts } = fit(given);
  expect(cuts).toEqual([expect.stringMatching(says)]);
  expect(report).not.toBeNull();
  if (report?.type !== "ended") expect(AttemptEvent.safeParse({ sequence: 1, time: 0, ...report }).success).toBe(true);
});

test("what no event can hold is told with the reason: a step that is no whole number, a kind that is unknown, no JSON", () => {
  expect(fit({ type: "metric", step: 1.5, values: { loss: 1 } })).toEqual({
    report: null,
    cuts: [
      expect.stringMatching(/^A message of the job was not kept: step: .*It began: "\{"type":"metric","step":1.5/),
    ],
  });
  expect(fit({ type: "song" }).cuts).toEqual([expect.stringMatching(/not kept: type: /)]);
  expect(fitReport("{ no JSON").cuts).toEqual(['A message of the job could not be read: "{ no JSON"']);
  expect(fitReport("")).toEqual({ report: null, cuts: [] });
});

test.each([
  [
    "too many files",
    { type: "artifact", name: "rows", files: files(REPORT_LIMITS.files + 1) },
    /has 10001 files; it may have 1 to 10000/,
  ],
  ["no files", { type: "checkpoint", step: 1, files: {} }, /^The checkpoint has 0 files/],
  [
    "a path that is too long",
    { type: "checkpoint", step: 1, files: { ["a".repeat(501)]: "/x" } },
    /\(501 characters\)/,
  ],
  [
    "a name that is too long",
    { type: "artifact", name: "n".repeat(101), files: files(1) },
    /has a name of 101 characters/,
  ],
])(
  "an artifact or checkpoint with %s is refused as a whole: another run would go on from a part",
  (_name, given, says) => {
    expect(() => fit(given)).toThrow(says);
  },
);

function files(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, "/x"]));
}

test("a cut that comes again each step is told once, and counted at the end", async () => {
  const told: string[] = [];
  const cutting = tellCuts((message) => {
    told.push(message);
    return Promise.resolve();
  });
  for (let step = 0; step < 100; step++) await cutting.add(["too long", `another ${step}`]);
  await cutting.end();
  expect(told.length).toBe(51);
  expect(told.filter((one) => one === "too long").length).toBe(1);
  expect(told.at(-1)).toBe("150 more messages did not fit, in the same way or in others.");
});

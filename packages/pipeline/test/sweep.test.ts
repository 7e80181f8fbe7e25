import { describe, expect, test } from "vitest";
import {
  LaunchKind,
  MOST_SWEPT,
  planLaunch,
  readConfig,
  SweepConfig,
  sweptCount,
  sweptField,
  SweptKind,
  sweptRuns,
  sweptValues,
} from "../src/schema/index.ts";

const sweep = (search: unknown, base: object = {}, kind = "sleep"): SweepConfig =>
  SweepConfig.parse({ kind, base, search });
const problems = (config: unknown): string[] =>
  readConfig("sweep", config).problems.map(({ at, message }) => `${at}: ${message}`);

test("a sweep runs every kind that is launched, but playgrounds and sweeps", () => {
  const left = LaunchKind.options.filter((kind) => !SweptKind.options.some((one) => one === kind));
  expect(left).toEqual(["playground", "sweep"]);
});

describe("the runs of a sweep", () => {
  test("of a grid are all combinations, the last setting fastest", () => {
    const config = sweep(
      { type: "grid", fields: { steps: [1, 2], stepMs: [0, 5, 9] } },
      { steps: 7, checkpointEvery: 3 },
    );
    expect(sweptCount(config.search)).toBe(6);
    expect(sweptRuns(config).map(({ name, config: own }) => [name, own])).toEqual(
      [1, 2].flatMap((steps) =>
        [0, 5, 9].map((stepMs) => [`steps=${steps}, stepMs=${stepMs}`, { steps, checkpointEvery: 3, stepMs }]),
      ),
    );
  });

  test("of draws are the same for the same seed, lie in their ranges, and do not change with what else varies", () => {
    const fields = { steps: { from: 1, to: 4, whole: true }, stepMs: { from: 0.001, to: 1, scale: "log" } };
    const drawn = (seed: number, more: object = {}) =>
      sweptRuns(sweep({ type: "random", runs: 200, seed, fields: { ...fields, ...more } })).map(
        ({ settings }) => settings,
      );
    const once = drawn(3);
    expect(drawn(3)).toEqual(once);
    expect(drawn(4)).not.toEqual(once);
    expect(new Set(once.map(({ steps }) => steps))).toEqual(new Set([1, 2, 3, 4]));
    const times = once.map(({ stepMs }) => stepMs as number);
    expect(times.every((one) => one >= 0.001 && one <= 1)).toBe(true);
    const decades = [0.01, 0.1, 1].map((top) => times.filter((one) => one <= top && one > top / 10).length);
    for (const count of decades) expect(count).toBeGreaterThan(40); // about a third of 200 each
    expect(drawn(3, { checkpointEvery: [1, 2] }).map(({ steps }) => steps)).toEqual(once.map(({ steps }) => steps));
  });

  test("of a list are as they are written, in lists of the config too; equal names are numbered", () => {
    const base = { methods: [{ name: "one", training: {} }] };
    const settings = [
      { "methods[0].training.optimizer.learningRate": 0.1 },
      { "methods[0].training.optimizer.learningRate": 0.1, seed: 2 },
      { seed: 2 },
      { seed: 2 },
    ];
    const runs = sweptRuns(sweep({ type: "list", settings }, base, "study"));
    expect(runs.map(({ name }) => name)).toEqual([
      "1: learningRate=0.1",
      "2: learningRate=0.1, seed=2",
      "3: seed=2",
      "4: seed=2",
    ]);
    expect(runs[1]!.config).toEqual({
      methods: [{ name: "one", training: { optimizer: { learningRate: 0.1 } } }],
      seed: 2,
    });
    expect(base.methods[0]!.training).toEqual({}); // nothing of the base is changed
  });
});

describe("a sweep that cannot be launched", () => {
  test.each([
    [
      "a setting that does not exist",
      { kind: "sleep", search: { type: "grid", fields: { stepz: [1, 2] } } },
      "search.stepz: there is no such setting; did you mean steps? (stepz=1)",
    ],
    [
      "a value that does not fit",
      { kind: "sleep", search: { type: "grid", fields: { steps: [1, "many"] } } },
      "search.steps: Invalid input: expected number, received string (steps=many)",
    ],
    [
      "what is wrong in the base",
      { kind: "sleep", base: { stepMs: -1 }, search: { type: "grid", fields: { steps: [1] } } },
      "base.stepMs: Too small: expected number to be >=0",
    ],
    [
      "too many combinations",
      {
        kind: "sleep",
        search: {
          type: "grid",
          fields: {
            steps: Array.from({ length: 30 }, (_, i) => i + 1),
            stepMs: Array.from({ length: 30 }, (_, i) => i),
          },
        },
      },
      `search: it comes to 900 runs, and may come to ${MOST_SWEPT}: leave out values, or draw at random`,
    ],
    [
      "an entry of a list that is not there",
      {
        kind: "study",
        base: { methods: [{ name: "one" }] },
        search: { type: "grid", fields: { "methods[3].training.steps": [1] } },
      },
      "base.methods[1].name: Invalid input: expected string, received undefined",
    ],
  ])("says so: %s", (_, config, sentence) => {
    expect(problems(config)).toContain(sentence);
  });

  test.each(["__proto__.x", "a..b", "a b", ""])("has no setting called %j", (path) => {
    expect(problems({ kind: "sleep", search: { type: "grid", fields: { [path]: [1] } } })).not.toEqual([]);
  });

  test("is planned with the parsed config of each run otherwise", () => {
    const { children, nodes } = planLaunch("sweep", {
      kind: "sleep",
      search: { type: "grid", fields: { steps: [1, 2] } },
    });
    expect(nodes).toEqual([]);
    expect(children.map(({ name, config }) => [name, config])).toMatchObject([
      ["steps=1", { steps: 1, stepMs: 100 }],
      ["steps=2", { steps: 2, stepMs: 100 }],
    ]);
  });
});

describe("values as people write them", () => {
  test.each([
    ["1, 2,3", [1, 2, 3]],
    ["a,b", ["a", "b"]],
    ["[1,2],[3]", [[1, 2], [3]]],
    ['{"kind":"lora","rank":2}, true, null', [{ kind: "lora", rank: 2 }, true, null]],
    ['"1,5", x', ["1,5", "x"]],
    ["1..8", { from: 1, to: 8, scale: "linear", whole: true }],
    ["1e-5..1e-2:log", { from: 1e-5, to: 1e-2, scale: "log", whole: false }],
    ["0.5 .. 2", { from: 0.5, to: 2, scale: "linear", whole: false }],
    ["", []],
  ])("%s", (text, values) => {
    expect(sweptValues(text)).toEqual(values);
  });

  test("stand behind the setting's path", () => {
    expect(sweptField("optimizer.learningRate=0.1,0.2")).toEqual(["optimizer.learningRate", [0.1, 0.2]]);
    for (const wrong of ["nothing", "=1", "a b=1", "steps="])
      expect(() => sweptField(wrong)).toThrow("names no setting with its values. Write KEY=VALUE,VALUE");
  });
});

import { expect, test } from "vitest";
import { csv } from "../../src/csv.ts";
import { frontCsv } from "../../src/fronts/front-csv.ts";
import { metricsCsv } from "../../src/runs/metrics-csv.ts";

test.each([
  ["a quote", 'say "no"', '"say ""no"""'],
  ["a comma", "a,b", '"a,b"'],
  ["a line end", "two\nlines", '"two\nlines"'],
  ["a carriage return", "two\rlines", '"two\rlines"'],
  ["a backslash", String.raw`a\"b`, String.raw`"a\""b"`],
  ["nothing", null, ""],
  ["a truth value", false, "false"],
  ["a small number", 1e-7, "1e-7"],
])("%s in a cell is read back as it was", (_, value, written) => {
  expect(csv(["first", "second"], [[value, 1]])).toBe(`first,second\n${written},1\n`);
});

test("a run's metrics: a row for each point, whatever the metric is called", () => {
  const history = {
    key: 'loss, "train"',
    step: [1, 2],
    value: [0.5, null],
    min: [0.4, 1],
    max: [0.6, 2],
    count: [1, 3],
  };
  expect(metricsCsv([history])).toBe(
    'key,step,value,min,max,points\n"loss, ""train""",1,0.5,0.4,0.6,1\n"loss, ""train""",2,,1,2,3\n',
  );
  expect(metricsCsv([])).toBe("key,step,value,min,max,points\n");
});

test("a front: a row for each point, with empty bounds where it has no intervals", () => {
  const point = { preference: [1, 0], mean: [0.5, -1], low: [], high: [], promptCount: 8, dominated: true };
  expect(frontCsv({ objectives: ["helpful", "a,b"], points: [point] })).toBe(
    'preference_helpful,"preference_a,b",mean_helpful,"mean_a,b",low_helpful,"low_a,b",high_helpful,"high_a,b",prompts,dominated\n' +
      "1,0,0.5,-1,,,,,8,true\n",
  );
});

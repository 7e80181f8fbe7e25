import { expect, test } from "vitest";
import { differingPaths, flattenConfig } from "@uniarm/pipeline/schema";

const textsOf = (config: unknown): Record<string, string> =>
  Object.fromEntries(flattenConfig(config).map(({ path, text }) => [path, text]));

test("every setting stands under its path, as problems name it", () => {
  const config = {
    seed: 0,
    optimizer: { learningRate: 0.1, warmupSteps: null },
    methods: [{ name: "a" }, { name: "b" }],
  };
  expect(textsOf(config)).toEqual({
    seed: "0",
    "optimizer.learningRate": "0.1",
    "optimizer.warmupSteps": "null",
    "methods[0].name": '"a"',
    "methods[1].name": '"b"',
  });
});

test("lists of plain values stay whole, and what is empty is a setting", () => {
  expect(textsOf({ seeds: [0, 1], tags: [], training: {}, gone: undefined })).toEqual({
    seeds: "[0,1]",
    tags: "[]",
    training: "{}",
    gone: "absent",
  });
});

test("a config without settings has none", () => {
  for (const config of [{}, [], null, 3, "x"]) expect(flattenConfig(config)).toEqual([]);
});

test("configs differ where a value does, or where one of them has none", () => {
  const configs = [
    { seed: 0, optimizer: { learningRate: 1, warmupSteps: 2 }, targets: ["q"] },
    { seed: 0, optimizer: { learningRate: 3, warmupSteps: 2 }, targets: ["q", "k"], tag: "x" },
  ];
  const settings = configs.map((config) => new Map(flattenConfig(config).map(({ path, value }) => [path, value])));
  expect(differingPaths(settings)).toEqual(["optimizer.learningRate", "targets", "tag"]);
  expect(differingPaths([settings[0]!, settings[0]!])).toEqual([]);
});

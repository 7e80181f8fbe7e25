import { expect, test } from "vitest";
import { planLaunch, readConfig, type JobNode } from "../src/schema/index.ts";

const DPO = { method: "dpo", steps: 7 };
const MODPO = { method: "modpo", marginFrom: "method:tuned" };

const nodesOf = (methods: readonly object[], more: object = {}): JobNode[] =>
  planLaunch("study", { methods, unguided: false, ...more }).nodes;
const problems = (methods: readonly object[]): string[] =>
  readConfig("study", { methods, seeds: [0, 1] }).problems.map(({ at, message }) => `${at}: ${message}`);
const namesOf = (nodes: readonly JobNode[], kind: string): string[] =>
  nodes.flatMap((node) => (node.kind === kind ? [node.name] : []));
const producerOf = (nodes: readonly JobNode[], name: string, input: string): string[] =>
  nodes.find((node) => node.name === name)!.inputs[input]!.map(({ node }) => node);

test("methods with equal settings are trained once and decoded each in its own way", () => {
  const nodes = nodesOf([
    { name: "mod", training: DPO, decoding: { batchRows: 3 } },
    { name: "soup", training: { steps: 7, method: "dpo" }, strength: 2 },
    { name: "longer", training: { ...DPO, steps: 8 } },
  ]);
  expect(namesOf(nodes, "train")).toEqual(["mod/train", "longer/train"]);
  expect(["mod", "soup", "longer"].map((name) => producerOf(nodes, `${name}/decode`, "checkpoint"))).toEqual([
    ["mod/train"],
    ["mod/train"],
    ["longer/train"],
  ]);
  const decoding = nodes.flatMap(({ kind, config }) =>
    kind === "decode" ? [(config as { decoding: { batchRows: number; strength: number } }).decoding] : [],
  );
  expect(decoding.map(({ batchRows, strength }) => [batchRows, strength])).toEqual([
    [3, 1],
    [512, 2],
    [512, 1],
  ]);
});

test("at each seed they share the training of that seed", () => {
  const nodes = nodesOf(
    [
      { name: "mod", training: DPO },
      { name: "soup", training: DPO },
    ],
    { seeds: [0, 1] },
  );
  expect(namesOf(nodes, "train")).toEqual(["mod/0/train", "mod/1/train"]);
  expect(producerOf(nodes, "soup/1/decode", "checkpoint")).toEqual(["mod/1/train"]);
});

test("rounds that are decoded at another strength are another training", () => {
  const training = { exploration: { rounds: 1 } };
  const methods = [
    { name: "one", training },
    { name: "two", training, strength: 2 },
  ];
  expect(namesOf(nodesOf(methods), "train")).toEqual(["one/train", "two/train"]);
});

test("margins come from a method of the study at the same seed, which is trained before, wherever it stands", () => {
  const methods = [
    { name: "mixed", training: MODPO },
    { name: "tuned", training: DPO },
  ];
  const nodes = nodesOf(methods, { seeds: [4, 5] });
  expect(namesOf(nodes, "train")).toEqual(["tuned/4/train", "mixed/4/train", "tuned/5/train", "mixed/5/train"]);
  expect(producerOf(nodes, "mixed/5/train", "margins")).toEqual(["tuned/5/train"]);
  expect(producerOf(nodes, "tuned/5/decode", "checkpoint")).toEqual(["tuned/5/train"]);
  const { config } = nodes.find(({ name }) => name === "mixed/5/train")!;
  expect((config as { marginFrom: string }).marginFrom).toBe("input:margins");
});

test.each<[string, readonly object[], string]>([
  [
    "a method that is not there",
    [
      { name: "mixed", training: MODPO },
      { name: "other", training: DPO },
    ],
    "methods[0].training.marginFrom: the study has no method tuned: name one of other",
  ],
  [
    "itself",
    [{ name: "tuned", training: MODPO }],
    "methods[0].training.marginFrom: tuned trains modpo, but margins come from dpo: add a method that trains dpo to the study",
  ],
  [
    "a method that trains something else",
    [
      { name: "mixed", training: MODPO },
      { name: "tuned", training: { method: "genarm" } },
    ],
    "methods[0].training.marginFrom: tuned trains genarm, but margins come from dpo: add a method that trains dpo to the study",
  ],
])("margins from %s are refused", (_, methods, sentence) => {
  expect(problems(methods)).toContain(sentence);
});

test("what takes no margins is refused, and so is a ring of methods that name each other", () => {
  const ring = [
    { name: "tuned", training: { method: "dpo", marginFrom: "method:mixed" } },
    { name: "mixed", training: { method: "dpo", marginFrom: "method:tuned" } },
  ];
  const sentence = "training.marginFrom: only modpo trains against the policies of another checkpoint";
  expect(problems(ring)).toEqual([`methods[0].${sentence}`, `methods[1].${sentence}`]);
});

test.each([
  ["model", "the study decides it for all methods: leave it out here"],
  ["preferences", "the study decides it for all methods: leave it out here"],
  ["strength", "it is a setting of the method itself: write it beside decoding"],
])("a method's decoding does not set %s", (key, why) => {
  expect(problems([{ name: "one", decoding: { [key]: null } }])).toContain(`methods[0].decoding.${key}: ${why}`);
});

test("a setting of decoding that does not exist is named where it was written", () => {
  expect(problems([{ name: "one", decoding: { batchRow: 3 } }])).toEqual([
    "methods[0].decoding.batchRow: there is no such setting; did you mean methods[0].decoding.batchRows?",
  ]);
});

import { describe, expect, test } from "vitest";
import { checkInputs, JOBS, planLaunch, readConfig, STUDY_TEMPLATES, WORK_KINDS } from "../src/schema/index.ts";
import { STAGES } from "../src/index.ts";

const study = (training: object, more: object = {}): object => ({ methods: [{ name: "one", training }], ...more });
const sentences = (config: object): string[] =>
  readConfig("study", config).problems.map(({ at, message }) => `${at}: ${message}`);

describe("the plan of a study", () => {
  test.each(STUDY_TEMPLATES)(
    "that ships ($name) has its jobs in an order in which each finds its inputs",
    (template) => {
      const { nodes } = planLaunch("study", template.config);
      const seen = new Set<string>();
      for (const node of nodes) {
        for (const sources of Object.values(node.inputs))
          for (const { node: producer, output } of sources) {
            expect(seen).toContain(producer);
            const { kind } = nodes.find(({ name }) => name === producer)!;
            expect(JOBS[kind].outputs).toContain(output);
          }
        checkInputs(node.kind, node.config, Object.keys(node.inputs));
        seen.add(node.name);
      }
      expect(new Set(nodes.map(({ name }) => name)).size).toBe(nodes.length);
    },
  );

  test("trains every method at every seed, and decodes in as many parts as are asked for", () => {
    const { nodes } = planLaunch("study", study({}, { seeds: [3, 4], decodeShards: 2, unguided: false }));
    expect(nodes.map(({ name }) => name)).toEqual([
      "pairs",
      ...["one/3", "one/4"].flatMap((name) => [
        `${name}/train`,
        `${name}/decode-1`,
        `${name}/decode-2`,
        `${name}/score`,
        `${name}/evaluate`,
      ]),
      "compare",
    ]);
    const seeds = nodes.flatMap(({ kind, config }) => (kind === "train" ? (config as { seed: number }).seed : []));
    expect(seeds).toEqual([3, 4]);
  });

  test.each([
    [
      "an unknown setting",
      study({ batchPars: 2 }),
      "methods[0].training.batchPars: there is no such setting; did you mean methods[0].training.batchPairs?",
    ],
    [
      "a setting inside of another",
      study({ optimizer: { learninRate: 1 } }),
      "methods[0].training.optimizer.learninRate: there is no such setting; did you mean methods[0].training.optimizer.learningRate?",
    ],
    [
      "settings that contradict each other",
      study({ adapter: { kind: "lora" } }),
      "methods[0].training.adapter: method uniarm trains a moslora adapter, not lora",
    ],
    [
      "what the study decides",
      study({ seed: 7 }),
      "methods[0].training.seed: the study decides it for all methods: leave it out here",
    ],
    ["seeds that repeat", study({}, { seeds: [1, 2, 1] }), "seeds: seeds must differ"],
    [
      "a method that is called like the base model",
      { methods: [{ name: "base" }] },
      "methods[0].name: base is the name of the base model's own measures: choose another",
    ],
    [
      "an input that no job of the study gives",
      study({ validationPairs: "input:validationPairs" }),
      "methods[0].training: input:validationPairs is given by no job of the study: write a path, or dataset:NAME",
    ],
    ["the old name of its methods", { arms: [] }, "arms: it is called methods now"],
    ["a setting of the study", study({}, { divison: 5 }), "divison: there is no such setting; did you mean divisions?"],
  ])("names %s, once however many seeds there are", (_, config, sentence) => {
    expect(sentences({ seeds: [0, 1, 2], ...config }).filter((one) => one === sentence)).toEqual([sentence]);
    expect(() => planLaunch("study", { seeds: [0, 1, 2], ...config })).toThrow(sentence);
  });
});

test("an input that nothing gives, and one that nothing reads, are refused", () => {
  const { config } = planLaunch("evaluate", { name: "a", protocol: { type: "tiny-world" } });
  expect(() => checkInputs("evaluate", config, [])).toThrow('Add {"input": "scores", "run": ID, "output": NAME}');
  expect(() => checkInputs("evaluate", config, ["scores", "pairs"])).toThrow('evaluate has no input "pairs"');
});

test("every kind of work is a stage, or is known to exist on a server alone", () => {
  expect(new Set([...Object.keys(STAGES), "playground", "sleep"])).toEqual(new Set(WORK_KINDS));
});

import { describe, expect, test } from "vitest";
import {
  checkInputs,
  Exploration,
  JOBS,
  planLaunch,
  readConfig,
  referencesIn,
  STUDY_TEMPLATES,
  WORK_KINDS,
} from "../src/schema/index.ts";
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
    ...["scorer", "protocol", "maxNewTokens"].map((key): [string, object, string] => [
      `the ${key} of a method's rounds, which the study decides`,
      study({ exploration: { rounds: 2, [key]: null } }),
      `methods[0].training.exploration.${key}: the study decides it for all methods: leave it out here`,
    ]),
    [
      "a setting of a method's rounds",
      study({ exploration: { round: 2 } }),
      "methods[0].training.exploration.round: there is no such setting; did you mean methods[0].training.exploration.rounds?",
    ],
    [
      "how often a method may go through rounds",
      study({ exploration: { rounds: 0 } }),
      "methods[0].training.exploration.rounds: Too small: expected number to be >=1",
    ],
    ["the old name of its methods", { arms: [] }, "arms: it is called methods now"],
    ["a setting of the study", study({}, { divison: 5 }), "divison: there is no such setting; did you mean divisions?"],
  ])("names %s, once however many seeds there are", (_, config, sentence) => {
    expect(sentences({ seeds: [0, 1, 2], ...config }).filter((one) => one === sentence)).toEqual([sentence]);
    expect(() => planLaunch("study", { seeds: [0, 1, 2], ...config })).toThrow(sentence);
  });
});

describe("the plan of a study whose methods go through rounds", () => {
  const configsOf = (config: object, kind: string): Record<string, unknown>[] =>
    planLaunch("study", config).nodes.flatMap((node) =>
      node.kind === kind ? [node.config as Record<string, unknown>] : [],
    );
  const two = (more: object): object => ({
    methods: [
      { name: "plain", training: {} },
      { name: "rounds", training: { exploration: { rounds: 2 } }, strength: 3 },
    ],
    ...more,
  });
  const HELD_OUT = [{ id: "a", text: "a" }];

  test("scores and measures each round on tiny-world as it measures the ARM; no method sees the validation tasks", () => {
    const config = two({ task: { type: "tiny-world", objectives: 3 }, maxNewTokens: 30, seed: 5 });
    const [plain, rounds] = configsOf(config, "train");
    expect(plain!.exploration).toBeUndefined();
    expect(rounds!.exploration).toMatchObject({
      rounds: 2,
      scorer: { type: "tiny-world", objectives: 3 },
      protocol: { type: "tiny-world", objectives: 3, seed: 5 },
      validationPrompts: "tiny-world:validation",
      validationStrength: 3,
      maxNewTokens: 30,
      until: "no-gain",
    });
    expect(configsOf(config, "pairs")).toMatchObject([{ leaveOutValidation: true }]);
    const without = { methods: [{ name: "plain" }] };
    expect(configsOf(without, "pairs")).toMatchObject([{ leaveOutValidation: false }]);
  });

  test("takes a method's own held-out prompts and strength", () => {
    const exploration = { validationPrompts: HELD_OUT, validationStrength: 1.5 };
    const [train] = configsOf(study({ exploration }), "train");
    expect(train!.exploration).toMatchObject(exploration);
  });

  test("scores the answers of each round by the reward models of its files", () => {
    const task = {
      type: "files",
      objectives: [{ name: "a", description: "a" }],
      pairs: "pairs.jsonl",
      prompts: "prompts.jsonl",
      rewardModels: [{ objective: "a", model: "judge" }],
      normaliser: { nadir: [0], ideal: [1] },
      referencePoint: [0],
    };
    const [, rounds] = configsOf(two({ task }), "train");
    expect(rounds!.exploration).toMatchObject({
      scorer: { type: "reward-models", rewardModels: [{ objective: "a", model: "judge" }] },
    });
    expect(rounds!.exploration).not.toHaveProperty("validationPrompts");
    expect(rounds!.exploration).not.toHaveProperty("protocol");
    const [train] = configsOf(study({ exploration: { validationPrompts: HELD_OUT } }, { task }), "train");
    expect(train!.exploration).toMatchObject({
      protocol: { type: "own", config: { objectives: [{ name: "a" }], referencePoint: [0] } },
    });
  });

  test("scores by programs, beside reward models, where its task names some; no objective twice", () => {
    const program = { objectives: [{ name: "a" }], module: "dataset:rule" };
    const task = {
      type: "files",
      objectives: [
        { name: "a", description: "a" },
        { name: "b", description: "b" },
      ],
      pairs: "pairs.jsonl",
      prompts: "prompts.jsonl",
      programs: [program],
      rewardModels: [{ objective: "b", model: "judge" }],
      normaliser: { nadir: [0, 0], ideal: [1, 1] },
      referencePoint: [0, 0],
    };
    const scorer = { type: "program", programs: [program], rewardModels: [{ objective: "b", model: "judge" }] };
    expect(configsOf(study({}, { task }), "score")[0]).toMatchObject({ scorer });
    const [, rounds] = configsOf(two({ task }), "train");
    expect(rounds!.exploration).toMatchObject({ scorer });
    const twice = { ...task, rewardModels: [{ objective: "a", model: "judge" }] };
    expect(sentences(study({}, { task: twice })).join()).toContain("none may be scored twice");
    const { programs: _, rewardModels: __, ...bare } = task;
    expect(sentences(study({}, { task: bare })).join()).toContain("must score at least one objective");
  });

  test("names a dataset of held-out prompts and of reward models among what its job reads", () => {
    const scorer = { type: "reward-models", rewardModels: [{ objective: "a", model: "dataset:judge" }] };
    const objectives = [{ name: "a", description: "a" }];
    const measured = { objectives, normaliser: { nadir: [0], ideal: [1] }, referencePoint: [0] };
    const config = {
      model: "m",
      pairs: "p",
      objectives,
      exploration: {
        scorer,
        validationPrompts: "dataset:asked",
        protocol: { type: "own", config: measured },
      },
    };
    const datasets = referencesIn("train", planLaunch("train", config).config).filter(({ type }) => type === "dataset");
    expect(datasets).toEqual(["judge", "asked"].map((name) => ({ type: "dataset", name })));
  });
});

test("a study whose scorers, normaliser or reference point are not of its objectives is refused before anything is trained", () => {
  const objectives = ["a", "b"].map((name) => ({ name, description: name }));
  const task = {
    type: "files",
    objectives,
    pairs: "pairs.jsonl",
    prompts: "prompts.jsonl",
    rewardModels: objectives.map(({ name }) => ({ objective: name, model: "judge" })),
    normaliser: { nadir: [0, 0], ideal: [1, 1] },
    referencePoint: [0, 0],
  };
  const problemsOf = (change: object): string[] => sentences(study({}, { task: { ...task, ...change } }));
  expect(problemsOf({})).toEqual([]);
  expect(problemsOf({ rewardModels: [task.rewardModels[0]] })).toEqual([
    "task.objectives[1]: nothing scores b: add a reward model or a program for it, or leave it out",
  ]);
  expect(problemsOf({ rewardModels: [...task.rewardModels, { objective: "c", model: "judge" }] })).toEqual([
    "task: c is scored, but the study's objectives are a, b: leave its scorer out",
  ]);
  expect(problemsOf({ normaliser: { nadir: [0], ideal: [1] }, referencePoint: [0, 0, 0] })).toEqual([
    "task.normaliser: it is of 1 objectives, and the study has 2: a, b",
    "task.referencePoint: it is of 3 objectives, and the study has 2: a, b",
  ]);
});

test("held-out prompts of rounds and their protocol go together", () => {
  const scorer = { type: "tiny-world" };
  const problem = { path: ["protocol"], message: "validationPrompts and protocol go together: give both, or neither" };
  const prompts = [{ id: "a", text: "a" }];
  expect(Exploration.safeParse({ scorer, validationPrompts: prompts }).error!.issues).toMatchObject([problem]);
  expect(Exploration.safeParse({ scorer, protocol: { type: "tiny-world" } }).error!.issues).toMatchObject([problem]);
  expect(Exploration.parse({ scorer, validationPrompts: prompts, protocol: { type: "tiny-world" } }).rounds).toBe(3);
  expect(Exploration.safeParse({}).error!.issues).toMatchObject([{ path: ["scorer"] }]);
});

test("an input that nothing gives, and one that nothing reads, are refused", () => {
  const { config } = planLaunch("evaluate", { name: "a", protocol: { type: "tiny-world" } });
  expect(() => checkInputs("evaluate", config, [])).toThrow('Add {"input": "scores", "run": ID, "output": NAME}');
  expect(() => checkInputs("evaluate", config, ["scores", "pairs"])).toThrow('evaluate has no input "pairs"');
});

test("every kind of work is a stage, or is known to exist on a server alone", () => {
  expect(new Set([...Object.keys(STAGES), "playground", "sleep"])).toEqual(new Set(WORK_KINDS));
});

import { describe, expect, test } from "vitest";
import type { DecodingConfig, TrainingConfig } from "@uniarm/core/schema";
import { tinyWorldObjectives } from "@uniarm/tiny-world/schema";
import { planLaunch, readConfig, STUDY_TEMPLATES, type JobNode } from "../src/schema/index.ts";
import type { MethodCost } from "../src/study-report/study-report.ts";
import { costsTable } from "../src/study-report/tables.ts";

const trainingOf = (nodes: readonly JobNode[], method: string): TrainingConfig =>
  nodes.find(({ name }) => name === `${method}/train`)!.config as TrainingConfig;
const problemsOf = (method: object): string[] =>
  readConfig("study", { methods: [{ name: "one", ...method }] }).problems.map(({ at, message }) => `${at}: ${message}`);

describe("descriptions of a method", () => {
  test("are what its ARM is trained with; the others keep the study's, and names stay", () => {
    const { nodes } = planLaunch("study", {
      methods: [{ name: "plain" }, { name: "told", descriptions: { helpful: "Help." } }],
    });
    const [helpful, harmless] = tinyWorldObjectives(2);
    expect(trainingOf(nodes, "plain").objectives).toEqual([helpful, harmless]);
    expect(trainingOf(nodes, "told").objectives).toEqual([{ ...helpful, description: "Help." }, harmless]);
  });

  test.each<[object, string]>([
    [{ descriptions: { witty: "Joke." } }, "witty is no objective of the study; it has helpful, harmless"],
    [
      { descriptions: { helpful: tinyWorldObjectives(2)[0]!.description } },
      "these are the study's own descriptions: they would change nothing",
    ],
    [
      { training: { method: "parm" }, descriptions: { helpful: "Help." } },
      "parm reads no descriptions: they would have no effect",
    ],
    [
      {
        training: { adapter: { kind: "moslora", objectiveEmbedding: "one-hot" } },
        descriptions: { helpful: "Help." },
      },
      "objectiveEmbedding one-hot reads no descriptions: they would have no effect",
    ],
  ])("%o are refused", (method, sentence) => {
    expect(problemsOf(method)).toEqual([`methods[0].descriptions: ${sentence}`]);
  });
});

test("a control of the preference goes to the method's decoding, and is refused where it does nothing", () => {
  const { nodes } = planLaunch("study", {
    methods: [{ name: "one", decoding: { preferenceControl: "shuffled" } }],
  });
  const { decoding } = nodes.find(({ name }) => name === "one/decode")!.config as { decoding: DecodingConfig };
  expect(decoding.preferenceControl).toBe("shuffled");
  expect(problemsOf({ strength: 0, decoding: { preferenceControl: "random" } })).toEqual([
    "methods[0].decoding.preferenceControl: at strength 0 the ARM counts nothing, whatever it is given",
  ]);
});

test("the template controls trains once what differs in decoding alone, and once each that differs in training", () => {
  const { config } = STUDY_TEMPLATES.find(({ name }) => name === "controls")!;
  const { nodes } = planLaunch("study", config);
  const trained = nodes.flatMap(({ kind, name }) => (kind === "train" ? [name.replace("/train", "")] : []));
  expect(trained).toEqual([
    "uniarm",
    "trained-shuffled",
    "random-vectors",
    "one-hot-vectors",
    "paraphrased",
    "swapped",
    "lambda-0.5",
    "beta-0.5",
    "beta-2",
  ]);
  const [helpful, harmless] = tinyWorldObjectives(2);
  expect(trainingOf(nodes, "swapped").objectives.map(({ description }) => description)).toEqual([
    harmless!.description,
    helpful!.description,
  ]);
});

describe("the costs of a study", () => {
  const cost = (name: string, configurationsTried: number | null, trainings = 1): MethodCost => ({
    name,
    method: "uniarm",
    parameters: 10,
    passes: 2,
    steps: 5,
    trainings,
    seconds: 1,
    configurationsTried,
  });

  test("say how many configurations each method was given, and warn of unequal budgets", () => {
    const { rows, notes } = costsTable([cost("base", null, 0), cost("one", 5), cost("two", 1), cost("three", null)]);
    expect(rows.map((row) => row.at(-1))).toEqual(["", "5", "1", ""]);
    expect(notes.slice(2)).toEqual([
      "Configurations were tried on validation prompts only, as the study states.",
      "Not stated for three.",
      "Budgets of search differ, from 1 to 5 configurations: differences favour methods that more was tried for.",
    ]);
  });

  test("say nothing of budgets that are equal, and that none is stated", () => {
    expect(costsTable([cost("one", 3), cost("two", 3)]).notes.slice(3)).toEqual([]);
    expect(costsTable([cost("one", null)]).notes.at(-1)).toBe(
      "The study does not state how many configurations were tried for each method (configurationsTried).",
    );
  });
});

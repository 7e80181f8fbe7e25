import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openEngine } from "@uniarm/core";
import type { StrengthChoice } from "@uniarm/core/schema";
import { temporaryFolder } from "@uniarm/core/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runGraph, runStudy, writeStudyReport } from "../src/index.ts";
import { planLaunch, readConfig, studyCosts, type JobNode } from "../src/schema/index.ts";

const TRAINING = {
  steps: 6,
  batchPairs: 4,
  adapter: { kind: "moslora", rank: 2 },
  optimizer: { learningRate: 0.1, warmupSteps: 0 },
};
/** An ARM that was trained too fast chooses between little and far too much of it. */
const studyOf = (changes: object = {}): Record<string, unknown> => ({
  model: "tiny-world:quick",
  task: { type: "tiny-world", pairs: 32, testPrompts: 4 },
  methods: [{ name: "uniarm", training: TRAINING, strengths: [0.5, 40] }],
  divisions: 1,
  maxNewTokens: 8,
  ...changes,
});
const problemsOf = (config: object): string[] =>
  readConfig("study", config).problems.map(({ at, message }) => `${at}: ${message}`);

describe("the plan of a study whose methods choose a strength", () => {
  test("measures each on validation prompts, beside the base where fluency is bounded, and decodes with the chosen one", () => {
    const bounded = studyOf({ strengthChoice: { maxPerplexityRatio: 3 } });
    const { nodes } = planLaunch("study", bounded);
    expect(nodes.map(({ name }) => name)).toEqual([
      "pairs",
      ...["decode", "score", "evaluate"].map((stage) => `base/${stage}`),
      ...["decode", "score"].map((stage) => `base/validation/${stage}`),
      "uniarm/train",
      ...["0.5", "40"].flatMap((strength) =>
        ["decode", "score", "evaluate"].map((stage) => `uniarm/strength-${strength}/${stage}`),
      ),
      "uniarm/choose",
      ...["decode", "score", "evaluate"].map((stage) => `uniarm/${stage}`),
      "compare",
    ]);
    const node = (name: string): JobNode => nodes.find((one) => one.name === name)!;
    expect(node("pairs").config).toMatchObject({ leaveOutValidation: true });
    for (const name of ["uniarm/strength-40/decode", "base/validation/decode"])
      expect(node(name).config).toMatchObject({ decoding: { prompts: "tiny-world:validation" } });
    expect(node("uniarm/decode").config).toMatchObject({
      decoding: { prompts: "tiny-world:4" },
      strengthFrom: "input:strength",
    });
    expect(node("compare").inputs.reports!.map((input) => input.node)).toEqual(["base/evaluate", "uniarm/evaluate"]);
    const free = planLaunch("study", studyOf()).nodes.map(({ name }) => name);
    expect(free.filter((name) => name.startsWith("base/validation"))).toEqual([]);
  });

  test("counts what the choice takes, of the method and of the base", () => {
    const plan = planLaunch("study", studyOf({ strengthChoice: { maxPerplexityRatio: 3 }, seeds: [0, 1] }));
    expect(studyCosts(plan, 4, 40).map(({ name, answers, decodingTokens }) => [name, answers, decodingTokens])).toEqual(
      [
        ["base", 44, 44 * 8],
        ["uniarm", 2 * 2 * (4 + 2 * 40), 2 * 2 * (4 + 2 * 40) * 8 * 2],
      ],
    );
    expect(studyCosts(plan, 4).map(({ answers }) => answers)).toEqual([null, null]);
  });

  const method = { name: "one", strengths: [1, 2] };
  const files = {
    type: "files",
    objectives: [{ name: "a", description: "a" }],
    pairs: "pairs.jsonl",
    prompts: "prompts.jsonl",
    rewardModels: [{ objective: "a", model: "judge" }],
    normaliser: { nadir: [0], ideal: [1] },
    referencePoint: [0],
  };
  test.each<[object, string]>([
    [
      { methods: [{ ...method, strength: 2 }] },
      "methods[0].strengths: strength says which is taken, strengths let it be chosen: give one of them",
    ],
    [{ methods: [{ ...method, strengths: [1, 1] }] }, "methods[0].strengths: strengths must differ"],
    [
      { methods: [{ ...method, training: { method: "dpo" } }] },
      "methods[0].strengths: dpo tunes policies, which have no strength: leave strengths out",
    ],
    [
      { methods: [{ ...method, configurationsTried: 1 }] },
      "methods[0].configurationsTried: the study itself measures 2 strengths: state all configurations that were tried, or leave it out",
    ],
    [
      { methods: [{ ...method, decoding: { beams: 2 } }], strengthChoice: { maxPerplexityRatio: 2 } },
      "methods[0].strengths: beam search does not read how likely the base model finds an answer, which strengthChoice.maxPerplexityRatio bounds: leave one of them out",
    ],
    [
      { methods: [{ name: "one" }], strengthChoice: { maxPerplexityRatio: 2 } },
      "strengthChoice: it has no effect where no method has strengths to choose from: give one some",
    ],
    [
      { methods: [method], strengthChoice: { prompts: "mine.jsonl" } },
      "strengthChoice.prompts: tiny-world has validation prompts of its own: leave it out",
    ],
    [
      { methods: [method], task: files },
      "strengthChoice.prompts: strengths are chosen on prompts of their own, never on those that methods are measured on: name a file of validation prompts",
    ],
    [
      { methods: [method], task: files, strengthChoice: { prompts: "prompts.jsonl" } },
      "strengthChoice.prompts: these are the prompts that methods are measured on: name others",
    ],
  ])("%o is refused", (config, sentence) => {
    expect(problemsOf(config)).toContain(sentence);
  });
});

describe("a study that chooses a strength", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => {
    await openEngine();
    folder = await temporaryFolder();
  });
  afterAll(() => folder.remove());

  async function run(name: string, config: object): Promise<string[]> {
    const events = runStudy(planLaunch("study", config), optionsOf(name));
    const notices: string[] = [];
    for await (const { event } of events) if (event.type === "notice") notices.push(event.message);
    return notices;
  }
  const optionsOf = (name: string) => ({ folder: join(folder.path, name), signal: new AbortController().signal });
  const read = (name: string, file: string): Promise<string> => readFile(join(folder.path, name, file), "utf8");
  const choiceOf = async (name: string): Promise<StrengthChoice> =>
    JSON.parse(await read(name, "uniarm/choose/strength.json")) as StrengthChoice;

  test("answers with it as with a strength that was given, and its report says what was chosen, left out and why", async () => {
    await run("free", studyOf());
    const ratios = (await choiceOf("free")).tried;
    expect(ratios.map(({ perplexityRatio }) => perplexityRatio.value)).toEqual([null, null]); // nothing to compare with

    await run("wide", studyOf({ strengthChoice: { maxPerplexityRatio: 1e9 } }));
    const [mild, strong] = (await choiceOf("wide")).tried.map(({ perplexityRatio }) => perplexityRatio.value!);
    expect(strong).toBeGreaterThan(mild! * 1.5);

    const bound = (mild! + strong!) / 2;
    const notices = await run("bounded", studyOf({ strengthChoice: { maxPerplexityRatio: bound } }));
    expect(
      notices.find((message) =>
        message.startsWith("Strength 0.5 of 0.5, 40 was chosen on validation prompts; excluded: 40 (perplexity"),
      ),
    ).toBeDefined();
    expect(await choiceOf("bounded")).toMatchObject({ chosen: 0.5, rule: { maxPerplexityRatio: bound } });

    const { report, costs } = await writeStudyReport(join(folder.path, "bounded"), join(folder.path, "report"));
    expect(report.strengths).toMatchObject([{ name: "uniarm", seed: 0, choice: { chosen: 0.5 } }]);
    expect(costs.map(({ name, configurationsTried }) => [name, configurationsTried])).toEqual([
      ["base", null],
      ["uniarm", 2],
    ]);
    const markdown = await read("report", "tables.md");
    expect(markdown).toMatch(/\| +uniarm \| +0 \| +0\.5 \|.*\| +chosen \|/);
    expect(markdown).toMatch(/\| +uniarm \| +0 \| +40 \|.*\| excluded: perplexity under the base up to/);

    const { nodes } = planLaunch("study", studyOf());
    const decode = nodes.find(({ name }) => name === "uniarm/decode")!;
    const { decoding } = decode.config as { decoding: object };
    const given = { ...decoding, checkpoint: join(folder.path, "bounded/uniarm/train"), strength: 0.5 };
    const events = runGraph([{ ...decode, config: { decoding: given }, inputs: {} }], optionsOf("given"));
    while (!(await events.next()).done);
    expect(await read("bounded", "uniarm/decode/generations.jsonl")).toBe(
      await read("given", "uniarm/decode/generations.jsonl"),
    );
  }, 120_000);

  test("ends where every strength is excluded, and says their ratios", async () => {
    await expect(run("none", studyOf({ strengthChoice: { maxPerplexityRatio: 0.01 } }))).rejects.toThrow(
      /No strength can be chosen: .* it is \d+\.\d\d at strength 0\.5, \d+\.\d\d at strength 40\. Add smaller strengths/,
    );
  }, 60_000);
});

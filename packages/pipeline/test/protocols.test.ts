import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { planLaunch, studyCosts } from "../src/schema/index.ts";

const FOLDER = join(import.meta.dirname, "../../../docs/studies/protocols");
const planOf = async (file: string) => planLaunch("study", JSON.parse(await readFile(join(FOLDER, file), "utf8")));
const files = (await readdir(FOLDER)).filter((name) => name.endsWith(".json"));

test.each(files)("%s is a study of every method", async (file) => {
  const { nodes, config } = await planOf(file);
  const { methods, seeds } = config as { methods: { name: string }[]; seeds: number[] };
  expect(methods.map(({ name }) => name)).toEqual(["uniarm", "parm", "genarm", "mod", "soups", "modpo", "finetune"]);
  const trainings = nodes.filter(({ kind }) => kind === "train");
  expect(trainings).toHaveLength((methods.length - 1) * seeds.length); // MOD and soups share theirs
});

test("a plan counts what a study takes, by hand", () => {
  const costs = studyCosts(
    planLaunch("study", {
      task: { type: "tiny-world" },
      divisions: 2,
      maxNewTokens: 10,
      seeds: [0, 1],
      methods: [
        { name: "arm", training: { method: "genarm", steps: 5, batchPairs: 4, maxLengthTokens: 96 } },
        { name: "one", training: { method: "dpo", steps: 3, batchPairs: 4, maxLengthTokens: 96 } },
        {
          name: "two",
          training: { method: "dpo", steps: 3, batchPairs: 4, maxLengthTokens: 96 },
          decoding: { fusion: { rule: "mod", divergence: "forward-kl" } },
        },
      ],
    }),
    7,
  );
  const of = (name: string) => costs.find((cost) => cost.name === name)!;
  expect(of("base")).toMatchObject({ trainings: 0, passes: 1, answers: 7, decodingTokens: 70 });
  // two seeds of two adapters; 5 steps of 4 pairs of 2 responses of at most 96 tokens
  expect(of("arm")).toMatchObject({ trainings: 2, adapters: 2, trainingTokens: 2 * 2 * 5 * 4 * 2 * 96, passes: 3 });
  expect(of("arm")).toMatchObject({ answers: 7 * 3 * 2, decodingTokens: 7 * 3 * 2 * 3 * 10 });
  expect(of("one")).toMatchObject({ trainings: 2, passes: 2 });
  expect(of("two")).toMatchObject({ trainings: 0, trainingTokens: 0, passes: 3 }); // exact, but for reverse KL, needs the base
});

test("where epochs decide or prompts are not known, it says so", async () => {
  const costs = studyCosts(await planOf("pku-saferlhf.json"), null);
  expect(costs.find(({ name }) => name === "uniarm")).toMatchObject({
    trainings: 3,
    steps: null,
    trainingTokens: null,
    answers: null,
    decodingTokens: null,
  });
});

test("rounds and draws of a method are counted", () => {
  const tiny = { method: "uniarm", recipe: "imitation", steps: 5, batchPairs: 4, maxLengthTokens: 96 };
  const exploration = { rounds: 2, roundSteps: 3, roundPrompts: 7, roundSamples: 2, roundDivisions: 1 };
  const [cost] = studyCosts(
    planLaunch("study", {
      task: { type: "tiny-world" },
      divisions: 2,
      maxNewTokens: 10,
      unguided: false,
      sampling: { temperature: 1 },
      methods: [{ name: "own", training: { ...tiny, exploration }, decoding: { bestOf: 4, samplesPerPrompt: 3 } }],
    }),
    5,
  );
  const own = 2 * 7 * 2 * 2; // rounds x prompts x samples x corners
  expect(cost).toMatchObject({ steps: 5 + 2 * 3, answers: 5 * 3 * 3, passes: 2 });
  expect(cost!.decodingTokens).toBe((5 * 3 * 3 * 4 + own) * 10 * 2);
});

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createRandom } from "@uniarm/core";
import { temporaryFolder } from "@uniarm/core/testing";
import { makePairs, makeTexts, tinyWorldModel, tinyWorldObjectives, type ResponsePair } from "@uniarm/tiny-world";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../run-cli.ts";

let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  const temporary = await temporaryFolder();
  folder = temporary.path;
  remove = async () => temporary.remove();
});
afterAll(async () => remove());

test("--kind scorer trains a reward model, which scores and is exported as one that transformers loads", async () => {
  const path = (name: string): string => join(folder, name);
  const texts = ["Wipe the lamp with a soft cloth.", "Maybe."];
  const pair = { prompt: "How do I clean the lamp?", responses: texts, winners: { helpful: 0 } };
  await writeFile(path("scorer-pairs.jsonl"), `${JSON.stringify(pair)}\n`.repeat(8));
  const objectives = JSON.stringify([{ name: "helpful", description: "Give useful steps." }]);
  const settings = [
    "--model",
    tinyWorldModel("quick"),
    "--pairs",
    path("scorer-pairs.jsonl"),
    "--objectives",
    objectives,
  ];
  const train = ["train", ...settings, "--output", path("scorer"), "--steps", "4", "--batch-pairs", "4"];
  const trained = await runCli([...train, "--kind", "scorer", "--learning-rate", "0.01", "--warmup-steps", "1"]);
  expect(trained.stdout).toContain(`Its model folder, for rewardModels, is ${path("scorer")}/scorer.`);
  const both = await runCli([...train, "--kind", "scorer", "--method", "dpo"]);
  expect(both.stderr).toContain(
    "The kind scorer was asked for, but the method dpo trains another. Leave one of them out; methods of that kind are scorer.",
  );

  const rewardModels = [{ objective: "helpful", model: path("scorer/scorer") }];
  await writeFile(path("scorers.json"), JSON.stringify({ rewardModels }));
  const answers = texts.map((text, index) => ({ promptId: `p${index}`, prompt: pair.prompt, text, preference: [1] }));
  const rest = { sample: 0, tokenIds: [], finish: "eos", logProbNats: 0 };
  await writeFile(path("answers.jsonl"), answers.map((answer) => JSON.stringify({ ...answer, ...rest })).join("\n"));
  const score = ["score", "--config", path("scorers.json"), "--generations", path("answers.jsonl")];
  expect((await runCli([...score, "--output", path("scored.jsonl")])).code).toBe(0);
  const lines = (await readFile(path("scored.jsonl"), "utf8")).trim().split("\n");
  const [good, bad] = lines.map((line) => (JSON.parse(line) as { rewards: { helpful: number } }).rewards.helpful);
  expect(good).toBeGreaterThan(bad!);

  const exported = ["adapters", "export", path("scorer"), "--output", path("exported")];
  expect((await runCli([...exported, "--as", "peft"])).stderr).toContain(
    "Write it as a sequence classifier of transformers: --as weights, without --preference and --objective.",
  );
  expect((await runCli([...exported, "--as", "weights"])).stdout).toMatch(/MB of weights in 1 file in .*exported/);
  for (const file of ["config.json", "model.safetensors"])
    expect(await readFile(join(path("exported"), file), "base64")).toBe(
      await readFile(join(path("scorer/scorer"), file), "base64"),
    );
});

test("train, decode, score and evaluate work from files alone", async () => {
  const run = join(folder, "by-hand");
  const path = (name: string): string => join(folder, name);
  const objectives = JSON.stringify([
    { name: "helpful", description: "Give useful steps and say how to do it." },
    { name: "harmless", description: "Stay away from danger, wear gloves, ask an expert." },
  ]);
  const model = tinyWorldModel("quick");
  const pairs = path("pairs.jsonl");
  const texts = makeTexts(16, createRandom(0));
  const responsePairs = texts.map(({ prompt, response }): ResponsePair => ({
    prompt,
    responses: [response, "Wear thick gloves."],
  }));
  const lines = makePairs(responsePairs, tinyWorldObjectives(2)).map((pair) => JSON.stringify(pair));
  await writeFile(pairs, lines.join("\n"));
  const train = [
    "train",
    "--model",
    model,
    "--pairs",
    pairs,
    "--output",
    run,
    "--objectives",
    objectives,
    "--steps",
    "3",
    "--batch-pairs",
    "8",
  ];
  expect((await runCli([...train, "--json"])).code).toBe(0);
  expect((await runCli(["tiny-world", "prompts", "--output", path("prompts.jsonl")])).code).toBe(0);
  const decode = [
    "decode",
    "--model",
    model,
    "--checkpoint",
    run,
    "--prompts",
    path("prompts.jsonl"),
    "--grid",
    "2",
    "--max-new-tokens",
    "12",
  ];
  expect((await runCli([...decode, "--output", path("generations.jsonl")])).code).toBe(0);
  expect((await runCli([...decode, "--arm-only", "--output", path("arm.jsonl")])).code).toBe(0);
  const [guided, arm] = await Promise.all(
    ["generations", "arm"].map((name) => readFile(path(`${name}.jsonl`), "utf8")),
  );
  expect(arm!.split("\n")).toHaveLength(guided!.split("\n").length);
  expect(await readFile(path("arm.jsonl.config.json"), "utf8")).toContain('"rule": "arm"');
  const parts = ["1/2", "2/2"].map((shard, index) => ({ shard, output: path(`part-${index}.jsonl`) }));
  const asWhole = (output: string): string[] => [...decode, "--batch-rows", "60", "--output", output];
  expect((await runCli(asWhole(path("whole.jsonl")))).code).toBe(0);
  for (const { shard, output } of parts) expect((await runCli([...asWhole(output), "--shard", shard])).code).toBe(0);
  const outputs = parts.map(({ output }) => output);
  const merged = await runCli(["decode", "merge", ...outputs, "--output", path("merged.jsonl")]);
  expect(merged.stdout).toMatch(/^\d+ rows of 2 parts, in .*merged\.jsonl\.\n$/);
  expect(await readFile(path("merged.jsonl"), "utf8")).toBe(await readFile(path("whole.jsonl"), "utf8"));
  expect(
    (await runCli(["score", "--generations", path("generations.jsonl"), "--output", path("scores.jsonl")])).code,
  ).toBe(0);
  const evaluated = await runCli(["evaluate", "--scores", path("scores.jsonl"), "--protocol", "tiny-world-2"]);
  expect(evaluated.stdout).toContain("Hypervolume");

  const base = { generations: path("base.jsonl"), scores: path("base-scores.jsonl") };
  const alone = ["--model", model, "--prompts", path("prompts.jsonl"), "--max-new-tokens", "12"];
  expect((await runCli(["decode", ...alone, "--output", base.generations])).code).toBe(0);
  expect((await runCli(["score", "--generations", base.generations, "--output", base.scores])).code).toBe(0);
  const asked = ["evaluate", "--scores", path("scores.jsonl"), "--protocol", "tiny-world-2"];
  const answers = ["--generations", path("generations.jsonl"), "--base-generations", base.generations];
  const fluent = await runCli([...asked, ...answers, "--base-scores", base.scores]);
  expect(fluent.stdout).toMatch(/^ +base model +-?\d\.\d{3} \[/m);
  expect(fluent.stdout).toMatch(/perplexity under the base +repeated 4-grams +distinct-2 +ended +length\n/);
  expect(fluent.stdout).toMatch(/^ +base model +\d+\.\d\d +\d\.\d{3} /m);
  expect((await runCli([...asked, ...answers])).stderr).toContain("name those scores, too");
  const greedy = await runCli([...asked, "--generations", path("generations.jsonl"), "--sampling", "{}"]);
  expect(greedy.stdout).toContain("No KL from the base: Greedy answers are no samples");
  expect((await runCli([...asked, "--sampling", "{}"])).stderr).toContain("name them with --generations");

  const again = await runCli(train);
  expect(again.code).toBe(2);
  expect(again.stderr).toContain("--resume");
});

test.each([
  [
    "a part that there is not",
    ["decode", "--model", "m", "--prompts", "p", "--shard", "5/4"],
    /--shard 5\/4 is no part. Give part and parts, the first being 1: 1\/4, 2\/4, 3\/4 or 4\/4 of four\./,
  ],
  [
    "a preference that does not sum to 1",
    ["decode", "--model", "m", "--checkpoint", "c", "--prompts", "p", "--preferences", "[[0.5,0.4]]"],
    /sums to 0\.9.*must sum to 1/,
  ],
  [
    "a negative preference",
    ["decode", "--model", "m", "--checkpoint", "c", "--prompts", "p", "--preferences", "[[-0.5,1.5]]"],
    /negative entry -0\.5/,
  ],
  [
    "a model folder that is not there",
    ["decode", "--model", "nowhere", "--prompts", '[{"id":"a","text":"b"}]'],
    /nowhere/,
  ],
  [
    "a config file that is not there",
    ["train", "--config", "nowhere.json"],
    /config file nowhere\.json cannot be read/,
  ],
  ["a flag that does not exist", ["train", "--learning-speed", "3"], /unknown option/],
  ["an interrupted run that is not there", ["train", "--resume", "nowhere"], /nowhere/],
])("%s is refused with exit code 2 and a sentence", async (_, args, sentence) => {
  const { code, stderr } = await runCli(args);
  expect(stderr).toMatch(sentence);
  expect(code).toBe(2);
});

test.each([
  "evaluate",
  "study run bench-small",
  "tiny-world base",
  "data convert pairs.jsonl",
  "adapters export checkpoint",
  "adapters extend checkpoint",
  "models check folder",
  "runs export run",
  "fronts export front",
  "datasets add name",
  "projects create",
  "keys revoke",
])("%s without what it needs ends with exit code 2 and points to --help", async (command) => {
  const { code, stderr } = await runCli(command.split(" "));
  expect(stderr).toMatch(/^error: (required option|missing required argument) .*\n\(add --help for the settings\)\n$/);
  expect(code).toBe(2);
});

test("with --json an error is one line of JSON on standard output", async () => {
  const { code, stdout } = await runCli(["train", "--config", "nowhere.json", "--json"]);
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({ type: "error", code: "file-missing" });
});

test("a pair without a winner is refused with its file and line", async () => {
  const pairs = join(folder, "bad", "pairs.jsonl");
  await mkdir(join(folder, "bad"));
  const good = { prompt: "p", responses: ["a", "b"], winners: { helpful: 0 } };
  await writeFile(pairs, `${JSON.stringify(good)}\n${JSON.stringify({ ...good, winners: {} })}\n`);
  const args = ["train", "--model", tinyWorldModel("quick"), "--pairs", pairs, "--output", join(folder, "bad", "run")];
  const { code, stderr } = await runCli([...args, "--objectives", '[{"name":"helpful","description":"Help."}]']);
  expect(stderr).toMatch(/pairs\.jsonl:2\b/);
  expect(code).toBe(2);
});

test("help lists every setting of the schema with its default", async () => {
  const { stdout, code } = await runCli(["train", "--help"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/--dirichlet-concentration <number>/);
  expect(stdout).toMatch(/--learning-rate <number>\s+peak AdamW step size/);
});

import { readFile, writeFile, cp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PreferencePair } from "@uniarm/core/schema";
import { byteTokenizerFiles, temporaryFolder } from "@uniarm/core/testing";
import { tinyWorldModel } from "@uniarm/tiny-world";
import { golden } from "../golden.ts";
import { runCli } from "../run-cli.ts";

let folder: string;
let remove: () => Promise<void>;
const at = (name: string): string => join(folder, name);
const row = (index: number): object => ({
  prompt: `Prompt ${index % 40}?`,
  response_0: "yes ".repeat(1 + (index % 7)),
  response_1: `no ${index}`,
  better_response_id: index % 2,
  safer_response_id: index % 3 === 0 ? 0 : 1,
});

beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
  await writeFile(at("pku.jsonl"), Array.from({ length: 200 }, (_, index) => JSON.stringify(row(index))).join("\n"));
  await cp(golden("eval", "scorers/beaver-reward"), at("scorer"), { recursive: true });
  const { tokenizer, config } = byteTokenizerFiles();
  await writeFile(at("scorer/tokenizer.json"), JSON.stringify(tokenizer));
  await writeFile(at("scorer/tokenizer_config.json"), JSON.stringify(config));
  await writeFile(at("scorers.json"), JSON.stringify({ rewardModels: [{ objective: "help", model: at("scorer") }] }));
});
afterAll(async () => remove());

const pairsIn = async (name: string): Promise<PreferencePair[]> =>
  (await readFile(at(name), "utf8"))
    .trim()
    .split("\n")
    .map((line) => PreferencePair.parse(JSON.parse(line)));

test("stats say what is in a file, for people and for machines", async () => {
  const { code, stdout } = await runCli(["data", "stats", at("pku.jsonl"), "--tokenizer", tinyWorldModel("quick")]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/pairs +200 of 40 prompts/);
  expect(stdout).toMatch(/conflict rate +\d+\.\d %/);
  expect(stdout).toMatch(/response tokens +mean/);
  const counted = await runCli(["data", "stats", at("pku.jsonl"), "--tokenizer", at("scorer"), "--json"]);
  const { lengths } = JSON.parse(counted.stdout) as { lengths: Record<string, { max: number }> };
  const most = String(lengths.sequenceTokens!.max - 1); // what training and convert count is what stats counts
  const shorter = ["--max-tokens", most, "--tokenizer", at("scorer"), "--output", at("shorter.jsonl"), "--json"];
  const { tooLong } = JSON.parse((await runCli(["data", "convert", at("pku.jsonl"), ...shorter])).stdout) as {
    tooLong: number;
  };
  expect(tooLong).toBeGreaterThan(0);
  const json = await runCli(["data", "stats", at("pku.jsonl"), "--json"]);
  expect(JSON.parse(json.stdout)).toMatchObject({ pairs: 200, prompts: 40, duplicates: { pairs: 0, prompts: 160 } });
});

test("convert splits by prompt, filters by tokens and leaves nothing half written", async () => {
  const args = ["data", "convert", at("pku.jsonl"), "--output", at("out.jsonl")];
  const split = [
    "--split",
    "train=0.7,test=0.3",
    "--seed",
    "3",
    "--max-tokens",
    "30",
    "--tokenizer",
    at("scorer"),
    "--json",
  ];
  const { code, stdout } = await runCli([...args, ...split]);
  expect(code).toBe(0);
  const { written, tooLong } = JSON.parse(stdout) as { written: { lines: number }[]; tooLong: number };
  const [train, other] = [await pairsIn("out.train.jsonl"), await pairsIn("out.test.jsonl")];
  expect(written.reduce((sum, { lines }) => sum + lines, 0)).toBe(200 - tooLong);
  expect(tooLong).toBeGreaterThan(0);
  const prompts = new Set(train.map(({ prompt }) => prompt));
  expect(other.some(({ prompt }) => prompts.has(prompt))).toBe(false);

  await writeFile(at("broken.jsonl"), `${JSON.stringify(row(0))}\n{"prompt": 3}`);
  const broken = await runCli(["data", "convert", at("broken.jsonl"), "--output", at("broken-out.jsonl")]);
  expect(broken.code).toBe(2);
  expect(broken.stderr).toMatch(/broken\.jsonl:2 is not a row of format pku/);
  expect((await readdir(folder)).filter((name) => name.startsWith("broken-out"))).toEqual([]);
});

test("columns of one's own are named by --format, and a file without pairs is an error with exit code 2", async () => {
  await writeFile(at("own.csv"), "frage,gut,schlecht\nq,a,b\n");
  const mapping = JSON.stringify({ prompt: "frage", chosen: "gut", rejected: "schlecht", objective: "help" });
  const args = ["data", "convert", at("own.csv"), "--output", at("own.jsonl"), "--format"];
  expect((await runCli([...args, mapping])).code).toBe(0);
  expect(await pairsIn("own.jsonl")).toEqual([{ prompt: "q", responses: ["a", "b"], winners: { help: 0 } }]);
  await writeFile(at("mapping.json"), `\uFEFF${mapping}`);
  expect((await runCli([...args, `@${at("mapping.json")}`])).code).toBe(0);
  const near = await runCli([...args, mapping.replace("frage", "fragen")]);
  expect(near.stderr).toContain('has no column "fragen" (did you mean "frage"?)');
  const wrong = await runCli([...args, "pkuu"]);
  expect(wrong.stderr).toContain('There is no data format "pkuu". Known formats are uniarm, parm');
  expect([near.code, wrong.code]).toEqual([2, 2]);

  await writeFile(at("none.jsonl"), '{"chosen":"\\n\\nHuman: Hi","rejected":"\\n\\nHuman: Ho"}\n');
  const none = await runCli(["data", "convert", at("none.jsonl"), "--output", at("none-out.jsonl")]);
  expect(none.code).toBe(2);
  expect(none.stderr).toContain("none.jsonl gave no pair: 1 row was read as format hh.");
  expect((await readdir(folder)).filter((name) => name.startsWith("none-out"))).toEqual([]);
  const turns = (answer: string): string => `\n\nHuman: Hi\n\nAssistant: ${answer}`;
  const hh = [
    { chosen: turns("a"), rejected: turns("b") },
    { chosen: turns("a"), rejected: turns("b\n\nHuman: c\n\nAssistant: d") },
    { chosen: turns("b\n\nHuman: c\n\nAssistant: d"), rejected: turns("a") },
    { chosen: turns("a\n\nHuman: c"), rejected: turns("b\n\nHuman: d") },
  ];
  await writeFile(at("hh.jsonl"), hh.map((row) => JSON.stringify(row)).join("\n"));
  const some = await runCli(["data", "convert", at("hh.jsonl"), "--output", at("hh-out.jsonl")]);
  expect(some.stdout).toContain(
    `3 rows gave no pair: 2 like ${at("hh.jsonl")}:2: the transcripts have 2 and 4 turns: more than the last answer differs; ` +
      `1 like ${at("hh.jsonl")}:4: a dialogue does not end in the assistant's answer\n`,
  );
  const long = await runCli([
    ...args.slice(0, 5),
    "--format",
    mapping,
    "--max-tokens",
    "1",
    "--tokenizer",
    at("scorer"),
  ]);
  expect(long.stderr).toContain("are longer than 1 tokens, so none would be written. Raise --max-tokens.");
  expect(long.code).toBe(2);
});

test("relabel takes winners from a reward model, and knows them the second time", async () => {
  const args = ["data", "relabel", at("pku.jsonl"), "--output", at("relabelled.jsonl"), "--config", at("scorers.json")];
  expect((await runCli([...args, "--json"])).code).toBe(0);
  const [first] = await pairsIn("relabelled.jsonl");
  const [one, other] = first!.scores!.help!;
  expect(first!.winners).toEqual({ help: one > other ? 0 : 1 });
  const again = JSON.parse((await runCli([...args, "--json"])).stdout) as { scored: number; cached: number };
  expect(again).toMatchObject({ scored: 0, cached: 400 });
});

test("relabel takes winners from a program: less of what is to be small wins, and equal scores as --ties says", async () => {
  await writeFile(
    at("words.mjs"),
    "export const score = (batch) => batch.map(({ response }) => response.split(' ').length);",
  );
  const program = { objectives: [{ name: "words", direction: "minimize" }], module: at("words.mjs") };
  await writeFile(at("program.json"), JSON.stringify({ programs: [program] }));
  const rows = [
    { prompt: "a?", response_0: "one two three", response_1: "one" },
    { prompt: "b?", response_0: "one", response_1: "two" },
  ];
  const lines = rows.map((one) => JSON.stringify({ ...one, better_response_id: 0, safer_response_id: 0 }));
  await writeFile(at("words.jsonl"), lines.join("\n"));
  const args = ["data", "relabel", at("words.jsonl"), "--output", at("by-words.jsonl"), "--config", at("program.json")];
  expect((await runCli(args)).code).toBe(0);
  expect((await pairsIn("by-words.jsonl")).map(({ winners, scores }) => ({ winners, scores }))).toEqual([
    { winners: { words: 1 }, scores: { words: [-3, -1] } },
    { winners: { words: "tie" }, scores: { words: [-1, -1] } },
  ]);
  expect((await runCli([...args, "--ties", "second"])).code).toBe(0);
  expect((await pairsIn("by-words.jsonl")).map(({ winners }) => winners.words)).toEqual([1, 1]);
});

test("pairs are made from prompts alone", async () => {
  const prompts = JSON.stringify([{ id: "a", text: "How do I cut the radio?" }]);
  const args = [
    "data",
    "pairs",
    "--model",
    tinyWorldModel("quick"),
    "--prompts",
    prompts,
    "--output",
    at("made.jsonl"),
  ];
  const more = ["--config", at("scorers.json"), "--samples-per-prompt", "4", "--max-new-tokens", "8"];
  const { code, stdout, stderr } = await runCli([...args, ...more]);
  expect(stderr).not.toMatch(/error/);
  expect(code).toBe(0);
  const pairs = await pairsIn("made.jsonl");
  expect(stdout).toContain(`${pairs.length} pairs in ${at("made.jsonl")}\n`);
  expect(pairs.length).toBeGreaterThan(0);
  expect(pairs[0]!.prompt).toBe("How do I cut the radio?");
  expect(Object.keys(pairs[0]!.winners)).toEqual(["help"]);
});

test.each([
  [
    "a file that is not there",
    ["data", "stats", "nowhere.jsonl"],
    /nowhere\.jsonl cannot be read: there is no such file/,
  ],
  [
    "a length without a tokenizer",
    ["data", "convert", "x", "--output", "y", "--max-tokens", "3"],
    /name its folder with --tokenizer/,
  ],
  ["shares that are none", ["data", "convert", "x", "--output", "y", "--split", "a=2"], /shares that sum to 1/],
])("%s is refused with exit code 2 and a sentence", async (_, args, sentence) => {
  const { code, stderr } = await runCli(args);
  expect(stderr).toMatch(sentence);
  expect(code).toBe(2);
});

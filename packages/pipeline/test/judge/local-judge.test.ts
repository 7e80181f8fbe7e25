import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeJsonLines } from "@uniarm/core";
import { JudgingConfig, LocalJudge, PreferenceVector, UniArmError, type JudgeReport } from "@uniarm/core/schema";
import { expectNoTensorLeak, temporaryFolder, writeTinyModel } from "@uniarm/core/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { judgeFiles } from "../../src/judge/judge-files.ts";
import { openLocalJudge } from "../../src/judge/local-judge.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const at = (name: string): string => join(folder.path, name);
const options = { signal: new AbortController().signal, spend: (): void => undefined };

beforeAll(async () => {
  folder = await temporaryFolder();
  await writeTinyModel(at("model"), { config: { contextTokens: 400 } });
  const rows = (whose: string, preference: number[] | null) =>
    ["p", "q"].map((promptId) => ({
      promptId,
      prompt: "How?",
      preference,
      sample: 0,
      text: `${whose} ${promptId}`,
      tokenIds: [],
      finish: "eos",
      logProbNats: 0,
    }));
  await writeJsonLines(at("method.jsonl"), rows("method", [1]));
  await writeJsonLines(at("base.jsonl"), rows("base", null));
});
afterAll(async () => folder.remove());

const configOf = (name: string, question: string): JudgingConfig =>
  JudgingConfig.parse({
    judge: { type: "local", model: at("model"), maxNewTokens: 6 },
    objectives: [{ name: "helpful", description: "Help.", question }],
    generations: at("method.jsonl"),
    opponent: at("base.jsonl"),
    output: at(`${name}/verdicts.jsonl`),
    report: at(`${name}/report.json`),
  });

test("only answers at the preferences that are named are judged; one that none is at is refused", async () => {
  const about = (preferences: number[][], name: string): JudgingConfig => ({
    ...configOf(name, "{prompt} {first} {second}"),
    preferences: preferences.map((one) => PreferenceVector.parse(one)),
  });
  const report = await judged(about([[1]], "named"));
  expect(report!.rates.map(({ preference, pairs }) => [preference, pairs])).toEqual([[[1], 2]]);
  await expect(judged(about([[0.5, 0.5]], "unnamed"))).rejects.toThrow(
    "No answer is at preference (0.5, 0.5), which preferences names.",
  );
});

async function judged(config: JudgingConfig): Promise<JudgeReport | null> {
  const events = judgeFiles(config, { signal: options.signal, environment: {} });
  for (;;) {
    const next = await events.next();
    if (next.done) return next.value;
  }
}

test("what an untrained model says is garbage, and each pair is counted as a failure", async () => {
  const config = configOf("garbage", "{prompt} {first} {second}");
  const report = await judged(config);
  expect(report!.rates[0]).toMatchObject({ pairs: 2, wins: 0, ties: 0, losses: 0, failed: 2, winRate: null });
  expect(report!.usage).toMatchObject({ answers: 4, unknown: 0, cost: null });
  expect(report!.usage.completionTokens).toBeLessThanOrEqual(4 * 6);
  expect(report!.usage.promptTokens).toBeGreaterThan(4 * 100);
  const again = await judged({ ...config, maxRequests: 0 }); // all from the cache
  expect(again).toEqual(report);
  expect(JSON.parse(await readFile(config.report, "utf8"))).toEqual(report);
});

test("questions beyond the model's context are rejected, and a judge that takes none is refused", async () => {
  const run = judged(configOf("long", `${"long ".repeat(100)}{prompt} {first} {second}`));
  await expect(run).rejects.toThrow(/took none of the first 4 questions.*context is 400 tokens/);
});

test("its key changes with what decides its answers, and closing it frees its tensors", async () => {
  const keyOf = async (more: object): Promise<string> => {
    const judge = await openLocalJudge(LocalJudge.parse({ type: "local", model: at("model"), ...more }), 2);
    await judge.dispose();
    return JSON.stringify(judge.key);
  };
  const key = await keyOf({});
  expect(await keyOf({})).toBe(key);
  expect(await keyOf({ maxNewTokens: 7 })).not.toBe(key);
  expect(await keyOf({ promptFormat: "plain" })).not.toBe(key);
  await expectNoTensorLeak(async () => {
    const judge = await openLocalJudge(LocalJudge.parse({ type: "local", model: at("model"), maxNewTokens: 4 }), 2);
    await Promise.all(["one", "two", "three"].map((question) => judge.ask(question, options)));
    await judge.dispose();
  });
});

test("a closed judge says so", async () => {
  const judge = await openLocalJudge(LocalJudge.parse({ type: "local", model: at("model") }), 1);
  await judge.dispose();
  await expect(judge.ask("one", options)).rejects.toBeInstanceOf(UniArmError);
});

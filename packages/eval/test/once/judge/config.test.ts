import { JudgeModel, JudgingConfig } from "@uniarm/core/schema";
import { expect, test } from "vitest";

const KEY = "sk-test-0123456789";

test.each([
  [{ keyVariable: KEY }, "keyVariable is the NAME of the environment variable"],
  [{ apiKey: KEY }, 'Unrecognized key: "apiKey"'],
  [{ url: `https://user:${encodeURIComponent(KEY)}@host/v1` }, "url holds a user or password"],
  [{ url: `https://host/v1?key=${KEY}` }, "url has a part after ?"],
  [{ url: `${KEY}` }, "url is not an address"],
  [{ url: "ftp://host/v1" }, "url must begin with http:// or https://"],
  [{ url: "https://host/v1/chat/completions" }, "url ends with /chat/completions"],
  [{ parameters: { model: "other" } }, "parameters may not hold model"],
])("a config with %j is refused without repeating it", (more, sentence) => {
  const parsed = JudgeModel.safeParse({ type: "endpoint", url: "https://host/v1", model: "big", ...more });
  const messages = parsed.error?.issues.map(({ message }) => message).join();
  expect(messages).toContain(sentence);
  expect(messages).not.toContain("0123456789");
});

const config = {
  judge: { type: "endpoint", url: "https://host/v1", model: "big" },
  objectives: [{ name: "helpful", description: "Help." }],
  generations: ["a.jsonl", "b.jsonl"],
  opponent: "base.jsonl",
  output: "verdicts.jsonl",
  report: "report.json",
};

test.each([
  [{ scores: "scores.jsonl" }, "scores and opponentScores go together"],
  [{ report: "b.jsonl" }, "b.jsonl is named twice"],
  [{ output: "report.json" }, "report.json is named twice"],
  [{ cache: "base.jsonl" }, "base.jsonl is named twice"],
  [{ objectives: [config.objectives[0], config.objectives[0]] }, "objective names must differ"],
  [{ objectives: [{ ...config.objectives[0], direction: "minimize" }] }, 'Unrecognized key: "direction"'],
])("a config with %j is refused: it would do something else than it says", (more, sentence) => {
  expect(JudgingConfig.safeParse(config).success).toBe(true);
  const parsed = JudgingConfig.safeParse({ ...config, ...more });
  expect(parsed.error?.issues.map(({ message }) => message).join()).toContain(sentence);
});

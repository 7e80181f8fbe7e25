import { describe, expect, test } from "vitest";
import { ASKED, BLUE, GREEN, read, refusal } from "./rows.ts";

describe("what holds no pairs says so", () => {
  test.each<[string, object, string]>([
    ["KTO", { prompt: "q", completion: "a", label: true }, "It is unpaired (TRL's KTO layout)"],
    ["supervised rows", { messages: [ASKED, BLUE] }, "It has one answer a row (for supervised training)"],
    ["RewardBench 2", { prompt: "q", chosen: ["a"], rejected: ["b", "c"] }, "lists of answers in chosen and rejected"],
    [
      "UltraFeedback as collected",
      { instruction: "q", completions: [{}] },
      "take HuggingFaceH4/ultrafeedback_binarized",
    ],
    ["Nectar", { prompt: "q", answers: [{ answer: "a", rank: 1 }] }, "a ranked list of answers"],
    ["other keys", { query_text: "q", good: "a" }, "Columns of other names are given as --format"],
  ])("%s", async (_, row, sentence) => {
    const error = await refusal([row]);
    expect(error).toMatchObject({ code: "data-format-unknown" });
    expect(error.message).toContain(":1 is of no known format: its keys are");
    expect(error.message).toContain(sentence);
  });

  test("a file of which no row is a pair shows the first rows, their keys and the formats there are", async () => {
    const error = await refusal([
      { chosen: "no turns", rejected: "none" },
      { chosen: "x", rejected: "y" },
    ]);
    expect(error).toMatchObject({ code: "data-no-pairs" });
    expect(error.message).toMatch(
      new RegExp(
        `^\\S+rows\\.jsonl gave no pair: 2 rows were read as format trl\\. \\S+rows\\.jsonl:1 \\(its keys are chosen, rejected\\): rejected has .*|` +
          `^\\S+rows\\.jsonl gave no pair: 2 rows were read as format trl\\. \\S+rows\\.jsonl:1 \\(its keys are chosen, rejected\\): chosen and rejected have no common beginning`,
      ),
    );
    expect(error.message).toContain("Known formats are uniarm (prompt, responses, winners), parm");
  });

  test("an empty file has no rows", async () => {
    expect((await refusal([])).message).toContain("gave no pair: it has no rows.");
  });

  test("a prompt under another name is not guessed", async () => {
    const error = await refusal([{ user_question: "q", chosen: "I do.", rejected: "I do not." }]);
    expect(error).toMatchObject({ code: "data-row-invalid" });
    expect(error.message).toContain(
      `it has no prompt under a known name, and its column user_question may be one: name it with --format '{"prompt":"user_question","chosen":"chosen","rejected":"rejected"}'`,
    );
  });

  test("tools are not left out of a prompt, nor pictures beside it", async () => {
    const row = { prompt: [ASKED], chosen: [BLUE], rejected: [GREEN] };
    const { pairs, skipped } = await read([
      { ...row, tools: "[]" },
      { ...row, tools: [{ type: "function" }] },
    ]);
    expect(pairs).toHaveLength(1);
    expect(skipped).toEqual([":2 it has tools, which no prompt here shows"]);
    expect((await refusal([{ ...row, images: [{}] }])).message).toContain("it has images, and only text is read");
  });

  test("pictures are refused, not left out", async () => {
    const parts = [{ type: "image" }, { type: "text", text: "What is this?" }];
    const error = await refusal([{ prompt: [{ role: "user", content: parts }], chosen: [BLUE], rejected: [GREEN] }]);
    expect(error.message).toContain('prompt: a turn has a part of type "image": only text is read');
  });

  test.each<[string, object, string]>([
    [
      "texts after messages",
      { prompt: "q", chosen: "a", rejected: "b" },
      "it has a prompt of text and answers of text, and the first row has a prompt of messages and answers of messages",
    ],
    [
      "no prompt after one",
      { chosen: [ASKED, BLUE], rejected: [ASKED, GREEN] },
      "it has no prompt and answers of messages",
    ],
    [
      "answers of two kinds",
      { prompt: [ASKED], chosen: [BLUE], rejected: "b" },
      "it has a prompt of messages and answers of messages and text, and the first row has",
    ],
  ])("a row of another layout is refused by its place: %s", async (_, row, what) => {
    const error = await refusal([{ prompt: [ASKED], chosen: [BLUE], rejected: [GREEN] }, row]);
    expect(error.message).toContain(`rows.jsonl:2 is not a row of format trl: ${what}`);
  });
});

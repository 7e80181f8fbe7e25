import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PreferencePair } from "@uniarm/core/schema";
import { collect, temporaryFolder } from "@uniarm/core/testing";
import { readPairs, type ReadOptions } from "../src/read-pairs.ts";

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterEach(() => remove());

const user = (content: string): object => ({ role: "user", content });
const assistant = (content: string): object => ({ role: "assistant", content });
const ASKED = user("Colour of the sky?");
const [BLUE, GREEN] = [assistant("Blue."), assistant("Green.")];

async function read(
  rows: readonly unknown[],
  format?: ReadOptions["format"],
): Promise<{ pairs: PreferencePair[]; skipped: string[] }> {
  const path = join(folder, "rows.jsonl");
  await writeFile(path, rows.map((row) => JSON.stringify(row)).join("\n"));
  const skipped: string[] = [];
  const options = {
    format,
    onSkipped: (where: string, why: string) => skipped.push(`${where.slice(path.length)} ${why}`),
  };
  return { pairs: await collect(readPairs(path, options)), skipped };
}
const pairOf = async (row: unknown, format?: ReadOptions["format"]): Promise<PreferencePair> =>
  (await read([row], format)).pairs[0]!;
const refusal = (rows: readonly unknown[], format?: ReadOptions["format"]): Promise<Error> =>
  read(rows, format).then(
    () => new Error("nothing was refused"),
    (error: unknown) => error as Error,
  );

const SKY = {
  prompt: "Colour of the sky?",
  messages: [ASKED],
  responses: ["Blue.", "Green."],
  winners: { preferred: 0 },
};

describe("layouts of TRL and their neighbours are one pair a row", () => {
  test.each<[string, object, object]>([
    [
      "texts",
      { prompt: "The sky is", chosen: " blue.", rejected: " green." },
      { prompt: "The sky is", responses: [" blue.", " green."], winners: { preferred: 0 } },
    ],
    ["messages", { prompt: [ASKED], chosen: [BLUE], rejected: [GREEN] }, SKY],
    ["messages after a prompt of text", { prompt: "Colour of the sky?", chosen: [BLUE], rejected: [GREEN] }, SKY],
    ["one message each", { prompt: [ASKED], chosen: BLUE, rejected: GREEN }, SKY],
    ["an implicit prompt", { chosen: [ASKED, BLUE], rejected: [ASKED, GREEN] }, SKY],
    ["a prompt that both repeat", { prompt: [ASKED], chosen: [ASKED, BLUE], rejected: [ASKED, GREEN] }, SKY],
    [
      "scores",
      { chosen: [ASKED, BLUE], rejected: [ASKED, GREEN], score_chosen: 8, score_rejected: 5 },
      { ...SKY, scores: { preferred: [8, 5] } },
    ],
    [
      "ratings with hyphens",
      { prompt: "q", chosen: "a", "chosen-rating": 4.5, "chosen-model": "x", rejected: "b", "rejected-rating": 4.5 },
      { prompt: "q", responses: ["a", "b"], winners: { preferred: "tie" }, scores: { preferred: [4.5, 4.5] } },
    ],
    [
      "system and question",
      { system: "Be brief.", question: "q", chosen: "a", rejected: "b" },
      {
        prompt: "q",
        messages: [{ role: "system", content: "Be brief." }, user("q")],
        responses: ["a", "b"],
        winners: { preferred: 0 },
      },
    ],
    [
      "an empty system",
      { system: "", question: "q", chosen: "a", rejected: "b" },
      { prompt: "q", responses: ["a", "b"], winners: { preferred: 0 } },
    ],
    [
      "ShareGPT's turns",
      {
        conversations: [{ from: "human", value: "Colour of the sky?" }],
        chosen: { from: "gpt", value: "Blue." },
        rejected: { from: "gpt", value: "Green." },
      },
      SKY,
    ],
    [
      "instruction and input",
      { instruction: "Add.", input: "1 2", chosen: "3", rejected: "12" },
      { prompt: "Add.\n1 2", responses: ["3", "12"], winners: { preferred: 0 } },
    ],
    [
      "contents in parts",
      {
        prompt: [
          {
            role: "user",
            content: [
              { type: "text", text: "Colour of " },
              { type: "text", text: "the sky?" },
            ],
          },
        ],
        chosen: [BLUE],
        rejected: [GREEN],
      },
      SKY,
    ],
    [
      "texts with an implicit prompt",
      { chosen: "The sky is blue.", rejected: "The sky is green.", source: "x", id: "y" },
      { prompt: "The sky is", responses: [" blue.", " green."], winners: { preferred: 0 } },
    ],
    [
      "texts that begin a word alike",
      { chosen: "The sky is black", rejected: "The sky is blue" },
      { prompt: "The sky is", responses: [" black", " blue"], winners: { preferred: 0 } },
    ],
    [
      "a transcript as the prompt",
      { prompt: "\n\nHuman: Hi\n\nAssistant:", chosen: " Hello.", rejected: " Go." },
      {
        prompt: "\n\nHuman: Hi\n\nAssistant:",
        messages: [user("Hi")],
        responses: ["Hello.", "Go."],
        winners: { preferred: 0 },
      },
    ],
  ])("%s", async (_, row, pair) => {
    expect(await pairOf(row)).toEqual(pair);
  });

  test("answers after several turns are split from all of them", async () => {
    const before = [user("a"), assistant("b"), user("c")];
    const pair = {
      messages: before,
      responses: ["Blue.", "Green."],
      prompt: "\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant:",
    };
    expect(await pairOf({ chosen: [...before, BLUE], rejected: [...before, GREEN] })).toMatchObject(pair);
    expect(
      await pairOf({ prompt: [user("a")], chosen: [...before.slice(1), BLUE], rejected: [...before.slice(1), GREEN] }),
    ).toMatchObject(pair);
  });
});

describe("rows that are no pair are counted with the reason", () => {
  const sound = { prompt: [ASKED], chosen: [BLUE], rejected: [GREEN] };
  test.each<[string, object, string]>([
    [
      "further turns",
      { prompt: [ASKED], chosen: [BLUE], rejected: [GREEN, user("?"), BLUE] },
      "the dialogues have 2 and 4 turns",
    ],
    [
      "other histories",
      { prompt: [ASKED], chosen: [BLUE, user("a"), BLUE], rejected: [GREEN, user("a"), GREEN] },
      "the dialogues differ before the last answer",
    ],
    [
      "no answer",
      { prompt: [ASKED], chosen: [BLUE, user("?")], rejected: [GREEN, user("?")] },
      "does not end in the assistant's answer",
    ],
    [
      "an empty answer",
      { prompt: [ASKED], chosen: [BLUE], rejected: [assistant(" ")] },
      "rejected has an empty response",
    ],
    [
      "a tool's turn",
      { prompt: [ASKED, { role: "tool", content: "7" }], chosen: [BLUE], rejected: [GREEN] },
      'has the role "tool"',
    ],
    ["a call", { prompt: [ASKED], chosen: [{ ...BLUE, tool_calls: [{}] }], rejected: [GREEN] }, "a turn calls a tool"],
    [
      "thoughts",
      { prompt: [ASKED], chosen: [{ ...BLUE, reasoning_content: "hm" }], rejected: [GREEN] },
      "a turn has reasoning_content beside its content",
    ],
    [
      "an answered prompt",
      { prompt: [ASKED, BLUE], chosen: [BLUE], rejected: [GREEN] },
      "the prompt ends in the assistant's turn",
    ],
    ["a lower score", { ...sound, score_chosen: 1, score_rejected: 2 }, "chosen has the lower score, 1 to 2"],
  ])("%s", async (_, row, reason) => {
    const scores = "score_chosen" in row ? { score_chosen: 2, score_rejected: 1 } : {};
    const { pairs, skipped } = await read([{ ...sound, ...scores }, row]);
    expect(pairs).toHaveLength(1);
    expect(skipped).toEqual([expect.stringContaining(`:2 `)]);
    expect(skipped[0]).toContain(reason);
  });

  test("UltraFeedback's dialogues are compared turn by turn", async () => {
    const row = (chosen: object[], rejected: object[]): object => ({
      prompt: "a",
      chosen,
      rejected,
      score_chosen: 2,
      score_rejected: 1,
    });
    const { pairs, skipped } = await read([
      row([user("a"), BLUE], [user("a"), GREEN]),
      row([user("a"), BLUE, user("c"), BLUE], [user("a"), GREEN, user("c"), GREEN]),
    ]);
    expect(pairs).toHaveLength(1);
    expect(skipped).toEqual([":2 the dialogues differ before the last answer"]);
  });

  test("transcripts of unequal turns, that end in a Human turn or in nothing, give no polluted answer", async () => {
    const human = (text: string): string => `\n\nHuman: ${text}`;
    const answer = (text: string): string => `\n\nAssistant: ${text}`;
    const start = human("Is it true?") + answer("Yes.") + human("What of it?");
    const short = human("Is it true?") + answer("Many say so.");
    const rows = [
      { chosen: short, rejected: start + answer("All of it.") },
      { chosen: start + answer("All of it."), rejected: short },
      { chosen: start + answer("All of it."), rejected: `${start}\n\nAssistant:` },
      { chosen: short + human("Thanks, bye"), rejected: human("Is it true?") + answer("Go.") + human("Rude") },
      { chosen: start + answer("All of it."), rejected: start + answer("None.") },
    ];
    const { pairs, skipped } = await read(rows);
    expect(skipped).toEqual([
      ":1 the transcripts have 2 and 4 turns: more than the last answer differs",
      ":2 the transcripts have 4 and 2 turns: more than the last answer differs",
      ":3 rejected ends before the assistant's answer",
      ":4 a dialogue does not end in the assistant's answer",
    ]);
    expect(pairs).toEqual([
      {
        prompt: `${start}\n\nAssistant:`,
        messages: [user("Is it true?"), assistant("Yes."), user("What of it?")],
        responses: ["All of it.", "None."],
        winners: { preferred: 0 },
      },
    ]);
  });
});

describe("published labels", () => {
  const pku = { prompt: "q", response_0: "a", response_1: "b" };
  test.each([
    [
      { better_response_id: false, safer_response_id: true },
      { help: 0, safe: 1 },
    ],
    [{ better_response_id: 1 }, { help: 1 }],
    [
      { better_response_id: 0, is_response_0_safe: false, is_response_1_safe: true },
      { help: 0, safe: 1 },
    ],
    [{ is_response_0_safe: true, is_response_1_safe: true }, { safe: "tie" }],
    [{ safer_response_id: 0, is_response_0_safe: false, is_response_1_safe: false }, { safe: 0 }],
  ])("PKU-SafeRLHF with %j", async (labels, winners) => {
    expect((await pairOf({ ...pku, ...labels })).winners).toEqual(winners);
  });

  test.each([
    [-3, 0],
    [-1, 0],
    [0, "tie"],
    [2, 1],
  ])("HelpSteer3 with a preference of %i", async (overall_preference, winner) => {
    const row = { domain: "general", context: [ASKED], response1: "Blue.", response2: "Green.", overall_preference };
    expect(await pairOf(row)).toEqual({ ...SKY, winners: { preferred: winner } });
    const older = {
      prompt: "Colour of the sky?",
      response_1: "Blue.",
      response_2: "Green.",
      preference_strength: overall_preference,
    };
    expect(await pairOf(older)).toEqual({ ...SKY, winners: { preferred: winner } });
  });
});

describe("columns of one's own", () => {
  const row = { frage: "q", gut: "a", schlecht: "b", note_gut: 2, note_schlecht: 1, welche: 1 };
  test("are named by a mapping", async () => {
    const format = {
      prompt: "frage",
      chosen: "gut",
      rejected: "schlecht",
      objective: "nice",
      scores: ["note_gut", "note_schlecht"] as [string, string],
    };
    expect(await pairOf(row, format)).toEqual({
      prompt: "q",
      responses: ["a", "b"],
      winners: { nice: 0 },
      scores: { nice: [2, 1] },
    });
    const labelled = {
      prompt: "frage",
      responses: ["gut", "schlecht"] as [string, string],
      winners: { safe: "welche" },
      scores: { help: ["note_gut", "note_schlecht"] as [string, string] },
    };
    expect(await pairOf(row, labelled)).toMatchObject({ winners: { help: 0, safe: 1 }, scores: { help: [2, 1] } });
    const turns = { asked: [ASKED], good: [BLUE], bad: [GREEN], rule: "Be brief." };
    expect(await pairOf(turns, { messages: "asked", system: "rule", chosen: "good", rejected: "bad" })).toMatchObject({
      messages: [{ role: "system", content: "Be brief." }, ASKED],
      responses: ["Blue.", "Green."],
    });
  });

  test.each([
    ["model_a", 0],
    ["conversation_b", 1],
    ["B", 1],
    ["tie (bothbad)", "tie"],
    [false, 0],
  ])("may say who wins in words: %s", async (winner, expected) => {
    const arena = { conversation_a: [ASKED, BLUE], conversation_b: [ASKED, GREEN], winner };
    const format = {
      responses: ["conversation_a", "conversation_b"] as [string, string],
      winners: { liked: "winner" },
    };
    expect(await pairOf(arena, format)).toEqual({ ...SKY, winners: { liked: expected } });
    const error = await refusal([{ ...arena, winner: "model_c" }], format);
    expect(error.message).toContain(
      'winner: expected 0, 1, a, b, conversation_a, conversation_b or tie, got "model_c"',
    );
  });

  test("that do not exist are refused with what is near", async () => {
    const error = await refusal([row], { prompt: "Fragen", chosen: "gut", rejected: "schlecht" });
    expect(error).toMatchObject({ code: "data-column-missing" });
    expect(error.message).toContain(
      ':1 has no column "Fragen" (did you mean "frage"?). Its columns are frage, gut, schlecht, note_gut',
    );
  });

  test.each([
    [{ prompt: "q", chosen: "a" }, 'name both "chosen" and "rejected"'],
    [{ promt: "q", chosen: "a", rejected: "b" }, '"promt" is no part of it (did you mean "prompt"?)'],
    [{ prompt: "q", responses: ["a", "b"] }, '"responses" need "winners" or "scores"'],
    [{ prompt: "q", messages: "m", chosen: "a", rejected: "b" }, 'name "prompt" or "messages", not both'],
    [{ chosen: "a", rejected: "b", winners: { x: "y" } }, '"winners" go with "responses"'],
  ])("the mapping %j is refused", async (mapping, sentence) => {
    const error = await refusal([row], mapping as ReadOptions["format"]);
    expect(error).toMatchObject({ code: "data-mapping-invalid" });
    expect(error.message).toContain(sentence);
  });
});

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
    const path = join(folder, "rows.jsonl");
    expect(error.message).toMatch(
      new RegExp(
        `^${path} gave no pair: 2 rows were read as format trl\\. ${path}:1 \\(its keys are chosen, rejected\\): rejected has .*|` +
          `^${path} gave no pair: 2 rows were read as format trl\\. ${path}:1 \\(its keys are chosen, rejected\\): chosen and rejected have no common beginning`,
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

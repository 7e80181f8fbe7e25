import { describe, expect, test } from "vitest";
import { assistant, ASKED, BLUE, GREEN, pairOf, SKY, user } from "./rows.ts";

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

import { describe, expect, test } from "vitest";
import { assistant, ASKED, BLUE, GREEN, read, user } from "./rows.ts";

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

import { describe, expect, test } from "vitest";
import type { ReadOptions } from "../src/read-pairs.ts";
import { ASKED, BLUE, GREEN, pairOf, refusal, SKY } from "./rows.ts";

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

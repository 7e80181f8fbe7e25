import { dialogueText, type Message, type PreferencePair, type Winner } from "@uniarm/core/schema";
import { z } from "zod";
import type { Row } from "../files/row.ts";
import { answersPair } from "./dialogue-pair.ts";
import { hasKeys, type Format } from "./format.ts";
import { helpSteerTurns } from "./helpsteer2.ts";
import { messagesOf } from "./messages.ts";
import { invalidRow, parseRow } from "./parse-row.ts";

/** How much the second response is better than the first; below 0 the first one is, at 0 neither. */
const Strength = z.number().min(-3).max(3);

const HelpSteer3Row = z.looseObject({
  context: z.union([z.string(), z.array(z.unknown()).min(1)]),
  response1: z.string(),
  response2: z.string(),
  overall_preference: Strength,
});

/** HelpSteer3: a dialogue, two answers and a preference from -3 (the first) to 3 (the second); 0 is a tie. */
export const helpsteer3: Format = {
  name: "helpsteer3",
  keys: ["context", "response1", "response2", "overall_preference"],
  recognises: hasKeys("context", "response1", "response2", "overall_preference"),
  async *pairs(rows, skipped) {
    for await (const row of rows) {
      const { context, response1, response2, overall_preference } = parseRow(HelpSteer3Row, row, "helpsteer3");
      const asked =
        typeof context === "string"
          ? { messages: [{ role: "user", content: context } as const], reason: null }
          : messagesOf(context);
      if (asked.reason === null) {
        yield* pairOf(row, [...asked.messages], [response1, response2], overall_preference, skipped);
      } else if (asked.isRefusal) {
        throw invalidRow(row, "helpsteer3", `context: ${asked.reason}`);
      } else {
        skipped(row, `context: ${asked.reason}`);
      }
    }
  },
};

const HelpSteer2Row = z.looseObject({
  prompt: z.string(),
  response_1: z.string(),
  response_2: z.string(),
  preference_strength: Strength,
});

/** The preferences that HelpSteer2 published later, one row a pair. */
export const helpsteer2Preference: Format = {
  name: "helpsteer2-preference",
  keys: ["prompt", "response_1", "response_2", "preference_strength"],
  recognises: hasKeys("prompt", "response_1", "response_2", "preference_strength"),
  async *pairs(rows, skipped) {
    for await (const row of rows) {
      const { prompt, response_1, response_2, preference_strength } = parseRow(
        HelpSteer2Row,
        row,
        "helpsteer2-preference",
      );
      yield* pairOf(row, helpSteerTurns(prompt), [response_1, response_2], preference_strength, skipped);
    }
  },
};

function* pairOf(
  row: Row,
  messages: Message[],
  responses: [string, string],
  strength: number,
  skipped: (row: Row, why: string) => void,
): Generator<PreferencePair> {
  const pair =
    messages.at(-1)?.role === "user"
      ? answersPair(messages, responses, { names: ["response 1", "response 2"] })
      : { reason: "the dialogue does not end in the user's turn" };
  if (pair.reason !== null) skipped(row, pair.reason);
  else
    yield {
      prompt: dialogueText(pair.messages),
      messages: pair.messages,
      responses: pair.responses,
      winners: { preferred: winnerOf(strength) },
    };
}

const winnerOf = (strength: number): Winner => (strength === 0 ? "tie" : strength < 0 ? 0 : 1);

import type { Message, Winner } from "@uniarm/core/schema";
import { z } from "zod";
import type { Row } from "../files/row.ts";
import { answersPair } from "./dialogue-pair.ts";
import { hasKeys, type Format } from "./format.ts";
import { parseRow } from "./parse-row.ts";

const ATTRIBUTES = ["helpfulness", "correctness", "coherence", "complexity", "verbosity"] as const;
const rating = z.number().min(0).max(4);
const HelpSteerRow = z.looseObject({
  prompt: z.string(),
  response: z.string(),
  ...(Object.fromEntries(ATTRIBUTES.map((name) => [name, rating])) as Record<
    (typeof ATTRIBUTES)[number],
    typeof rating
  >),
});

/** HelpSteer2: one response and five ratings per row; two neighbouring rows of one prompt are a pair, equal ratings a tie. */
export const helpsteer2: Format = {
  name: "helpsteer2",
  keys: ["prompt", "response", ...ATTRIBUTES],
  recognises: hasKeys("prompt", "response", ...ATTRIBUTES),
  async *pairs(rows, skipped) {
    let waiting: { row: Row; parsed: z.infer<typeof HelpSteerRow> } | null = null;
    for await (const row of rows) {
      const parsed = parseRow(HelpSteerRow, row, "helpsteer2");
      if (waiting?.parsed.prompt !== parsed.prompt) {
        if (waiting) skipped(waiting.row, "no neighbouring row has its prompt");
        waiting = { row, parsed };
        continue;
      }
      const one = waiting.parsed;
      waiting = null;
      const scores = Object.fromEntries(
        ATTRIBUTES.map((name) => [name, [one[name], parsed[name]] as [number, number]]),
      );
      const winners = Object.fromEntries(ATTRIBUTES.map((name) => [name, winnerOf(one[name], parsed[name])]));
      const names = ["the first response's row", "the second response's row"];
      const pair = answersPair(helpSteerTurns(one.prompt), [one.response, parsed.response], { names });
      if (pair.reason !== null) skipped(row, pair.reason);
      else yield { prompt: one.prompt, messages: pair.messages, responses: pair.responses, winners, scores };
    }
    if (waiting) skipped(waiting.row, "no neighbouring row has its prompt");
  },
};

const winnerOf = (one: number, other: number): Winner => (one === other ? "tie" : one > other ? 0 : 1);

/** Later turns are marked by lines "<extra_id_1>Assistant" and "<extra_id_1>User". */
export function helpSteerTurns(prompt: string): Message[] {
  const parts = prompt.split(/\n?<extra_id_1>(Assistant|User)\n/);
  const messages: Message[] = [{ role: "user", content: parts[0]! }];
  for (let at = 1; at + 1 < parts.length; at += 2)
    messages.push({ role: parts[at] === "User" ? "user" : "assistant", content: parts[at + 1]! });
  return messages;
}

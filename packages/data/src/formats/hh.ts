import type { Message } from "@uniarm/core/schema";
import { z } from "zod";
import type { Format } from "./format.ts";
import { parseRow } from "./parse-row.ts";

const HhRow = z.looseObject({ chosen: z.string(), rejected: z.string() });
const TURN = "\n\nAssistant:";

/** Anthropic's HH-RLHF: two transcripts with the same beginning; the first is preferred. */
export const hh: Format = {
  name: "hh",
  keys: ["chosen", "rejected"],
  async *pairs(rows, skipped) {
    for await (const row of rows) {
      const { chosen, rejected } = parseRow(HhRow, row, "hh");
      const end = chosen.lastIndexOf(TURN);
      const prompt = chosen.slice(0, end + TURN.length);
      if (end < 0 || !rejected.startsWith(prompt)) {
        skipped(row, end < 0 ? "chosen has no Assistant turn" : "the transcripts differ before the last answer");
        continue;
      }
      const messages = messagesOf(prompt);
      yield {
        prompt,
        ...(messages.length > 0 ? { messages } : {}),
        responses: [chosen.slice(prompt.length).trim(), rejected.slice(prompt.length).trim()],
        winners: { preferred: 0 },
      };
    }
  },
};

/** The turns of "\n\nHuman: ...\n\nAssistant: ...\n\nHuman: ...\n\nAssistant:". */
function messagesOf(prompt: string): Message[] {
  const turns = prompt.slice(0, -TURN.length).split(/\n\n(Human|Assistant):/);
  const messages: Message[] = [];
  for (let at = 1; at + 1 < turns.length; at += 2)
    messages.push({ role: turns[at] === "Human" ? "user" : "assistant", content: turns[at + 1]!.trim() });
  return messages;
}

import { z } from "zod";
import type { Format } from "./format.ts";
import { parseRow } from "./parse-row.ts";
import { isTranscript, transcriptPair } from "./transcript.ts";

const HhRow = z.looseObject({ chosen: z.string(), rejected: z.string() });

/** Anthropic's HH-RLHF: two transcripts with the same beginning; the first is preferred. */
export const hh: Format = {
  name: "hh",
  keys: ["chosen", "rejected"],
  recognises: ({ chosen, rejected }) =>
    typeof chosen === "string" && typeof rejected === "string" && (isTranscript(chosen) || isTranscript(rejected)),
  async *pairs(rows, skipped) {
    for await (const row of rows) {
      const { chosen, rejected } = parseRow(HhRow, row, "hh");
      const pair = transcriptPair(chosen, rejected);
      if (pair.reason !== null) skipped(row, pair.reason);
      else yield { prompt: pair.prompt, messages: pair.messages, responses: pair.responses, winners: { preferred: 0 } };
    }
  },
};

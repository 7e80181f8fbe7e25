import { Message, type PreferencePair } from "@uniarm/core/schema";
import { z } from "zod";
import type { Format } from "./format.ts";
import { parseRow } from "./parse-row.ts";

const Dialogue = z.array(z.looseObject(Message.shape)).min(2);
const UltraFeedbackRow = z.looseObject({
  prompt: z.string(),
  chosen: Dialogue,
  rejected: Dialogue,
  score_chosen: z.number().nullish(),
  score_rejected: z.number().nullish(),
});

/** UltraFeedback-binarized: two dialogues that end in the assistant's answer, and their scores; equal scores are a tie. */
export const ultrafeedback: Format = {
  name: "ultrafeedback",
  keys: ["prompt", "chosen", "rejected", "score_chosen"],
  async *pairs(rows, skipped) {
    for await (const row of rows) {
      const { prompt, chosen, rejected, score_chosen, score_rejected } = parseRow(
        UltraFeedbackRow,
        row,
        "ultrafeedback",
      );
      const [answer, other] = [chosen.at(-1)!, rejected.at(-1)!];
      if (answer.role !== "assistant" || other.role !== "assistant") {
        skipped(row, "a dialogue does not end in the assistant's answer");
        continue;
      }
      const messages = chosen.slice(0, -1).map(({ role, content }): Message => ({ role, content }));
      const pair: PreferencePair = {
        prompt,
        messages,
        responses: [answer.content, other.content] as [string, string],
        winners: { preferred: 0 },
      };
      if (score_chosen != null && score_rejected != null) {
        pair.scores = { preferred: [score_chosen, score_rejected] };
        if (score_chosen === score_rejected) pair.winners = { preferred: "tie" };
      }
      yield pair;
    }
  },
};

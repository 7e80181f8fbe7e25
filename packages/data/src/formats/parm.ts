import { largerIsBetter } from "@uniarm/core/schema";
import { z } from "zod";
import { hasKeys, type Format } from "./format.ts";
import { parseRow } from "./parse-row.ts";

const ParmRow = z.looseObject({
  prompt: z.string(),
  response_0: z.string(),
  response_1: z.string(),
  help_score_0: z.number(),
  help_score_1: z.number(),
  harm_score_0: z.number().describe("a cost: lower is better"),
  harm_score_1: z.number(),
});

/** PKU-SafeRLHF as PARM relabels it with Beaver's reward and cost models; response 1 wins a tie, as there. */
export const parm: Format = {
  name: "parm",
  keys: ["prompt", "response_0", "response_1", "help_score_0", "harm_score_0"],
  recognises: hasKeys("prompt", "response_0", "response_1", "help_score_0", "harm_score_0"),
  async *pairs(rows) {
    for await (const row of rows) {
      const { prompt, response_0, response_1, ...scores } = parseRow(ParmRow, row, "parm");
      yield {
        prompt,
        responses: [response_0, response_1],
        winners: {
          help: scores.help_score_0 > scores.help_score_1 ? 0 : 1,
          safe: scores.harm_score_0 < scores.harm_score_1 ? 0 : 1,
        },
        scores: {
          help: [scores.help_score_0, scores.help_score_1],
          safe: [largerIsBetter(scores.harm_score_0, "minimize"), largerIsBetter(scores.harm_score_1, "minimize")],
        },
      };
    }
  },
};

import { z } from "zod";
import type { Format } from "./format.ts";
import { parseRow } from "./parse-row.ts";

const side = z.union([z.literal(0), z.literal(1)]);
const PkuRow = z.looseObject({
  prompt: z.string(),
  response_0: z.string(),
  response_1: z.string(),
  better_response_id: side,
  safer_response_id: side,
});

/** PKU-SafeRLHF and PKU-SafeRLHF-10K: human labels, no scores. */
export const pku: Format = {
  name: "pku",
  keys: ["prompt", "response_0", "response_1", "better_response_id", "safer_response_id"],
  async *pairs(rows) {
    for await (const row of rows) {
      const { prompt, response_0, response_1, ...ids } = parseRow(PkuRow, row, "pku");
      yield {
        prompt,
        responses: [response_0, response_1],
        winners: { help: ids.better_response_id, safe: ids.safer_response_id },
      };
    }
  },
};

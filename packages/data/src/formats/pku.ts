import type { Winner } from "@uniarm/core/schema";
import { z } from "zod";
import type { Format } from "./format.ts";
import { parseRow } from "./parse-row.ts";

/** The id of a response, also as a truth value: whether it is response 1. */
const side = z
  .union([z.literal(0), z.literal(1), z.boolean()], "expected 0 or 1, the id of a response")
  .transform((id) => (Number(id) === 1 ? 1 : 0));

const PkuRow = z.looseObject({
  prompt: z.string(),
  response_0: z.string(),
  response_1: z.string(),
  better_response_id: side.optional(),
  safer_response_id: side.optional(),
  is_response_0_safe: z.boolean().optional(),
  is_response_1_safe: z.boolean().optional(),
});
const LABELS = ["better_response_id", "safer_response_id", "is_response_0_safe"] as const;

/** PKU-SafeRLHF in its versions: human labels of what is better and what is safer, or one of them; no scores. */
export const pku: Format = {
  name: "pku",
  keys: ["prompt", "response_0", "response_1", "better_response_id", "safer_response_id"],
  recognises: (row) =>
    ["prompt", "response_0", "response_1"].every((key) => Object.hasOwn(row, key)) &&
    LABELS.some((key) => Object.hasOwn(row, key)),
  async *pairs(rows) {
    for await (const row of rows) {
      const { prompt, response_0, response_1, ...labels } = parseRow(PkuRow, row, "pku");
      const winners: Record<string, Winner> = {};
      if (labels.better_response_id !== undefined) winners.help = labels.better_response_id;
      const safer = labels.safer_response_id ?? saferOf(labels.is_response_0_safe, labels.is_response_1_safe);
      if (safer !== undefined) winners.safe = safer;
      yield { prompt, responses: [response_0, response_1], winners };
    }
  },
};

/** Without a label of its own, the safe response is the safer one; two of a kind are a tie. */
function saferOf(first: boolean | undefined, second: boolean | undefined): Winner | undefined {
  if (first === undefined || second === undefined) return undefined;
  return first === second ? "tie" : first ? 0 : 1;
}

import { z } from "zod";
import { Finish } from "./generation.ts";
import { Message } from "./message.ts";
import { ObjectiveName } from "./objective.ts";

/** Which response an objective prefers: its index in `responses`, or neither. */
export const Winner = z.union([z.literal(0), z.literal(1), z.literal("tie")]);
export type Winner = z.infer<typeof Winner>;

/** Rewards are often sums of decimals: what differs by less than this differs by rounding alone. */
const ROUNDING = 1e-9;

/** The winner that two rewards give, the larger one's; equal ones are a tie. */
export const winnerOf = (first: number, second: number): Winner =>
  Math.abs(first - second) < ROUNDING ? "tie" : first > second ? 0 : 1;

/** Two responses to one prompt with a winner per objective; one line of pairs.jsonl. */
export const PreferencePair = z.object({
  prompt: z.string(),
  messages: z
    .array(Message)
    .min(1)
    .optional()
    .describe("the turns of a prompt that has several; prompt formats write these out instead of `prompt`"),
  responses: z.tuple([z.string(), z.string()]),
  finishes: z
    .tuple([Finish.nullable(), Finish.nullable()])
    .optional()
    .describe(
      "how each response ended; one that was cut off (length) is trained on without an end token, null and a pair without the field count as ended",
    ),
  winners: z.record(ObjectiveName, Winner).describe("objective name -> index of the preferred response, or tie"),
  scores: z
    .record(ObjectiveName, z.tuple([z.number(), z.number()]))
    .optional()
    .describe("objective name -> score of each response, larger is better; equal scores are a tie"),
});
export type PreferencePair = z.infer<typeof PreferencePair>;

/** Whether a response of a pair was cut off by a limit of tokens: it has no end that could be learned. */
export const isCut = ({ finishes }: Pick<PreferencePair, "finishes">, side: 0 | 1): boolean =>
  finishes?.[side] === "length";

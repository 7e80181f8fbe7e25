import { z } from "zod";
import { Estimate, Interval } from "./evaluation.ts";
import { JudgedObjective, JudgeModel } from "./judge.ts";
import { ObjectiveName } from "./objective.ts";

/** Which of the two answers it was shown a judge holds for the better one. */
export const Choice = z.enum(["first", "second", "tie"]);
export type Choice = z.infer<typeof Choice>;

export const VerdictReason = z
  .enum(["inconsistent", "identical", "unreadable", "rejected"])
  .describe(
    "inconsistent: the two orders disagree; identical: both answers are the same text, and nothing was asked; unreadable: an answer of the judge has no verdict; rejected: the judge does not take the question",
  );
export type VerdictReason = z.infer<typeof VerdictReason>;

/** One pair of answers under one objective, seen from the method; one line of a file of verdicts. */
export const Verdict = z.strictObject({
  promptId: z.string(),
  preference: z.array(z.number()).nullable().describe("of the method's answer"),
  sample: z.int().nonnegative().describe("of the method's answer"),
  opponent: z.strictObject({ preference: z.array(z.number()).nullable(), sample: z.int().nonnegative() }),
  objective: ObjectiveName,
  outcome: z.enum(["win", "tie", "loss", "failed"]).describe("of the method"),
  reason: VerdictReason.nullable().describe("of a tie or failure that the judge did not choose"),
  choices: z.array(Choice.nullable()).length(2).describe("with the method's answer first, then second; null: none"),
  answers: z.array(z.string().nullable()).length(2).describe("what the judge said, in the same order"),
});
export type Verdict = z.infer<typeof Verdict>;

const Count = z.int().nonnegative();

/** Verdicts of one preference and objective. wins + ties + losses + failed = pairs, and none is left out. */
export const WinRate = z.strictObject({
  preference: z.array(z.number()).nullable(),
  objective: ObjectiveName,
  prompts: Count,
  pairs: Count,
  wins: Count,
  ties: Count.describe("inconsistent and identical ones included"),
  losses: Count,
  failed: Count,
  inconsistent: Count,
  identical: Count,
  winRate: Estimate.nullable().describe(
    "wins and half of ties and failures, over all pairs, each prompt counting once; its interval resamples prompts; null: every pair failed",
  ),
  bounds: Interval.describe("what it would be if all failures were losses, and if all were wins"),
});
export type WinRate = z.infer<typeof WinRate>;

/** Whether judge and scorer prefer the same answers, where both prefer one. */
export const Agreement = z.strictObject({
  objective: ObjectiveName,
  pairs: Count.describe("those on which both prefer an answer: what share and kappa are of"),
  share: z.number().nullable().describe("of these pairs, those on which they prefer the same; null without any"),
  kappa: z
    .number()
    .nullable()
    .describe("Cohen's; null where it is not defined: without pairs, or if both always choose one side"),
  judgeTies: Count,
  scorerTies: Count.describe("where the judge prefers one"),
  failed: Count,
});
export type Agreement = z.infer<typeof Agreement>;

export const JudgeUsage = z.strictObject({
  answers: Count.describe("distinct ones that the verdicts rest on, whenever they were given"),
  promptTokens: Count,
  completionTokens: Count,
  unknown: Count.describe("answers whose tokens the endpoint did not count: they are in no sum"),
  cost: z.number().nullable().describe("of the counted tokens; null without a price"),
});
export type JudgeUsage = z.infer<typeof JudgeUsage>;

export const JudgeReport = z.strictObject({
  judge: JudgeModel,
  answeredBy: z.array(z.string()).describe("models that the answers say they are of"),
  objectives: z.array(JudgedObjective),
  confidence: z.number(),
  bootstrapResamples: Count,
  protocolHash: z
    .string()
    .describe("hash of judge, questions, prompts and the opponent's answers: only win rates of equal hashes compare"),
  rates: z.array(WinRate),
  orders: z
    .strictObject({ choices: Count, first: Count, second: Count })
    .describe("what was chosen by its place: verdicts in all, those for the answer shown first, and second"),
  longer: z
    .strictObject({ pairs: Count, chosen: Count })
    .describe("pairs with a winner whose answers differ in length, and those that the longer one won"),
  agreement: z.array(Agreement).nullable().describe("null without scores"),
  usage: JudgeUsage,
});
export type JudgeReport = z.infer<typeof JudgeReport>;

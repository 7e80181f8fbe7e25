import { createHash } from "node:crypto";
import type { JudgeReport, JudgeUsage, JudgingSettings } from "@uniarm/core/schema";
import { agreementWith } from "./agreement.ts";
import type { JudgeAnswer } from "./judge.ts";
import type { Judged } from "./judge-pairs.ts";
import { questionOf } from "./question.ts";
import type { ScorerPreferences } from "./scorer-preferences.ts";
import { winRates } from "./win-rates.ts";

/** Win rates of finished verdicts, with what there is to say of the judge. The same verdicts give the same report. */
export function judgeReport(
  judged: Judged,
  settings: JudgingSettings,
  judgeKey: unknown,
  scorer: ScorerPreferences | null,
): JudgeReport {
  const { judge, objectives, confidence, bootstrapResamples } = settings;
  return {
    judge,
    answeredBy: [...new Set(judged.answers.flatMap(({ model }) => model ?? []))].sort(),
    objectives,
    confidence,
    bootstrapResamples,
    protocolHash: protocolHash(judged, settings, judgeKey),
    rates: winRates(
      judged.verdicts.map(({ verdict }) => verdict),
      settings,
    ),
    orders: ordersOf(judged),
    longer: longerOf(judged),
    agreement: scorer && agreementWith(scorer, judged),
    usage: usageOf(judged.answers, judge),
  };
}

function protocolHash({ verdicts }: Judged, { objectives }: JudgingSettings, judgeKey: unknown): string {
  const blank = { prompt: "{prompt}", first: "{first}", second: "{second}" };
  const opponents = verdicts.map(({ pair: { opponent } }) =>
    JSON.stringify([opponent.promptId, opponent.prompt, opponent.sample, opponent.text]),
  );
  const protocol = [
    judgeKey,
    objectives.map((objective) => [objective.name, questionOf(objective, blank)]),
    [...new Set(opponents)].sort(),
  ];
  return createHash("sha256").update(JSON.stringify(protocol)).digest("hex");
}

function ordersOf({ verdicts }: Judged): JudgeReport["orders"] {
  const choices = verdicts.flatMap(({ verdict }) => verdict.choices).filter((choice) => choice !== null);
  const count = (place: string): number => choices.filter((choice) => choice === place).length;
  return { choices: choices.length, first: count("first"), second: count("second") };
}

function longerOf({ verdicts }: Judged): JudgeReport["longer"] {
  const won = verdicts.filter(
    ({ verdict: { outcome }, pair: { method, opponent } }) =>
      (outcome === "win" || outcome === "loss") && method.text.length !== opponent.text.length,
  );
  const chosen = won.filter(
    ({ verdict, pair: { method, opponent } }) =>
      (verdict.outcome === "win") === method.text.length > opponent.text.length,
  );
  return { pairs: won.length, chosen: chosen.length };
}

function usageOf(answers: readonly JudgeAnswer[], judge: JudgingSettings["judge"]): JudgeUsage {
  const counted = answers.filter(
    ({ promptTokens, completionTokens }) => promptTokens !== null && completionTokens !== null,
  );
  const promptTokens = counted.reduce((sum, answer) => sum + answer.promptTokens!, 0);
  const completionTokens = counted.reduce((sum, answer) => sum + answer.completionTokens!, 0);
  const price = judge.type === "endpoint" ? judge.price : undefined;
  return {
    answers: answers.length,
    promptTokens,
    completionTokens,
    unknown: answers.length - counted.length,
    cost: price ? (promptTokens * price.promptPerMillion + completionTokens * price.completionPerMillion) / 1e6 : null,
  };
}

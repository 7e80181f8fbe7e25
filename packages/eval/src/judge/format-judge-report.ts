import type { Agreement, JudgeReport, JudgeUsage } from "@uniarm/core/schema";
import { formatEstimate } from "../format-report.ts";
import { formatTable, type TableFormat } from "../format-table.ts";

const HEADING = ["preference", "objective", "win rate", "pairs", "wins", "ties", "losses", "failed", "inconsistent"];

/** Win rates as a table, a line per preference and objective, followed by how they are counted and what the judge is like. */
export function formatJudgeReport(report: JudgeReport, format: TableFormat = "text"): string {
  const rows = report.rates.map((rate) => [
    rate.preference?.map((entry) => entry.toFixed(2)).join(", ") ?? "unguided",
    rate.objective,
    rate.winRate ? formatEstimate(rate.winRate) : "no verdict",
    ...[rate.pairs, rate.wins, rate.ties, rate.losses, rate.failed, rate.inconsistent].map(String),
  ]);
  const notes = [
    countingOf(report),
    judgeOf(report),
    ...(report.agreement ?? []).map(agreementOf),
    usageOf(report.usage),
  ];
  return `${formatTable(HEADING, rows, format)}\n\n${notes.join(format === "markdown" ? "  \n" : "\n")}\n`;
}

function countingOf({ rates, confidence, bootstrapResamples, protocolHash }: JudgeReport): string {
  const intervals =
    bootstrapResamples > 0
      ? `brackets are ${Number((100 * confidence).toFixed(2))}% intervals (prompt bootstrap, ${bootstrapResamples} resamples)`
      : "no intervals (0 resamples)";
  const failed = rates.reduce((total, rate) => total + rate.failed, 0);
  const bounds = rates
    .filter((rate) => rate.failed > 0)
    .map(({ bounds: { low, high } }) => high - low)
    .reduce((most, width) => Math.max(most, width), 0);
  const doubt =
    failed > 0 ? ` ${failed} failed: with them decided, a rate could lie up to ${(bounds / 2).toFixed(3)} away.` : "";
  return `Win rate: wins and half of ties and failures, over all pairs, each prompt counting once; ${intervals}; protocol ${protocolHash.slice(0, 12)}.${doubt}`;
}

function judgeOf({ judge, orders, longer }: JudgeReport): string {
  const [chosen, longerWins] = [share(orders.first, orders.choices), share(longer.chosen, longer.pairs)];
  return `Judge ${judge.model}: it chose the answer shown first in ${chosen} of ${orders.choices} verdicts, the longer one in ${longerWins} of ${longer.pairs} decided pairs.`;
}

function agreementOf({ objective, pairs, share: same, kappa, judgeTies, scorerTies, failed }: Agreement): string {
  const figures =
    same === null
      ? "no pair to compare"
      : `${same.toFixed(3)} of ${pairs} pairs, kappa ${kappa?.toFixed(3) ?? "not defined"}`;
  return `Agreement with the scorer on ${objective}: ${figures} (left out: ${judgeTies} ties of the judge, ${scorerTies} of the scorer, ${failed} failed).`;
}

function usageOf({ answers, promptTokens, completionTokens, unknown, cost }: JudgeUsage): string {
  const least = unknown > 0 ? "at least " : "";
  const missing = unknown > 0 ? `; answers that came without a count: ${unknown}` : "";
  const price = cost === null ? "" : `, cost ${least}${Number(cost.toFixed(6))}`;
  return `${answers} answers: ${least}${promptTokens} tokens of questions, ${least}${completionTokens} of answers${price}${missing}.`;
}

const share = (part: number, whole: number): string => (whole === 0 ? "none" : (part / whole).toFixed(3));

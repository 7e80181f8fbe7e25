import type { JudgeReport, WinRate } from "@uniarm/core/schema";
import { formatEstimate, seedMean, type ReportTable } from "@uniarm/eval";
import { preferenceText } from "./preference-text.ts";
import type { StudyReport } from "./study-report.ts";

type Judged = NonNullable<StudyReport["judged"]>;

/** Win rates of each method against the base model, and what there is to say of the judge; none without one. */
export function judgeTables({ judged, study }: StudyReport): ReportTable[] {
  return judged ? [winRateTable(judged, study.judging!.judge.model), judgeTable(judged)] : [];
}

function winRateTable({ runs, missing }: Judged, judge: string): ReportTable {
  return {
    id: "win-rates",
    title: "Win rates",
    heading: ["method", "preference", "objective", "win rate", "pairs", "wins", "ties", "losses", "failed"],
    rows: [...Map.groupBy(runs, ({ name }) => name)].flatMap(([name, own]) =>
      own[0]!.report.rates.map((rate, place) =>
        rowOf(
          name,
          own.map(({ report }) => report.rates[place]!),
          rate,
        ),
      ),
    ),
    notes: [
      `Against the base model's answers to the same prompts, by ${judge}: wins and half of ties and failures, over all pairs.`,
      "Each pair is shown in both orders; orders that disagree are a tie. With several seeds the rate is their mean, its interval over seeds; else over prompts.",
      ...(missing.length > 0 ? [`Not judged yet, and in no figure: ${missing.join("; ")}.`] : []),
    ],
  };
}

/** Of one method at one preference and objective, a rate for each seed. */
function rowOf(name: string, rates: readonly WinRate[], { preference, objective }: WinRate): string[] {
  const known = rates.flatMap(({ winRate }) => winRate ?? []);
  const mean = known.length > 1 ? seedMean(known.map(({ value }) => value)) : known[0];
  const sum = (of: (rate: WinRate) => number): string => String(rates.reduce((total, rate) => total + of(rate), 0));
  return [
    name,
    preferenceText(preference ?? []),
    objective,
    mean && known.length === rates.length ? formatEstimate(mean) : "no verdict",
    sum(({ pairs }) => pairs),
    sum(({ wins }) => wins),
    sum(({ ties }) => ties),
    sum(({ losses }) => losses),
    sum(({ failed }) => failed),
  ];
}

function judgeTable({ runs }: Judged): ReportTable {
  const costs = runs.map(({ report }) => report.usage.cost);
  const uncounted = runs.reduce((sum, { report }) => sum + report.usage.unknown, 0);
  return {
    id: "judge",
    title: "The judge",
    heading: [
      "method",
      "seed",
      "agreement with the scorer",
      "first shown chosen",
      "longer chosen",
      "inconsistent",
      "answers",
      "tokens asked",
      "tokens answered",
      "cost",
    ],
    rows: runs.map(({ name, seed, report }) => {
      const { orders, longer, rates, usage } = report;
      return [
        name,
        String(seed ?? ""),
        agreementText(report),
        shareText(orders.first, orders.choices),
        shareText(longer.chosen, longer.pairs),
        String(rates.reduce((sum, { inconsistent }) => sum + inconsistent, 0)),
        String(usage.answers),
        String(usage.promptTokens),
        String(usage.completionTokens),
        usage.cost === null ? "" : costText(usage.cost),
      ];
    }),
    notes: [
      "Agreement: share of the pairs, on which both prefer an answer, that judge and scorer decide alike, with their number and Cohen's kappa.",
      "First shown and longer chosen: shares of verdicts, and of decided pairs of different length; near .5 neither place nor length decides.",
      ...(costs.length > 0 && !costs.includes(null)
        ? [`Cost in all: ${costText(costs.reduce<number>((sum, cost) => sum + cost!, 0))}.`]
        : []),
      ...(uncounted > 0 ? [`${uncounted} answers came without a count of tokens and are in no sum of them.`] : []),
    ],
  };
}

const agreementText = ({ agreement }: Pick<JudgeReport, "agreement">): string =>
  agreement === null
    ? "-"
    : agreement
        .map(({ objective, share, pairs, kappa }) =>
          share === null
            ? `${objective} - of 0`
            : `${objective} ${share.toFixed(3)} of ${pairs} (kappa ${kappa?.toFixed(3) ?? "-"})`,
        )
        .join(", ");

const shareText = (part: number, whole: number): string => (whole === 0 ? "-" : (part / whole).toFixed(3));
const costText = (cost: number): string => String(Number(cost.toFixed(6)));

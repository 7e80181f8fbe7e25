import {
  EVALUATION_METRICS,
  type Measure,
  type MethodComparison,
  type MethodFigures,
  type MethodPair,
  type MethodTest,
} from "@uniarm/core/schema";
import { formatEstimate } from "./format-report.ts";
import { COMPARED_FIGURES } from "./statistics/jackknife.ts";

/** A table as every format shows it. */
export interface ReportTable {
  /** for anchors and file names */
  id: string;
  title: string;
  heading: string[];
  rows: string[][];
  /** what its figures are, a sentence each */
  notes: string[];
}

/** Differences whose p, adjusted for the family, is below this are marked. */
const SIGNIFICANT = 0.05;
const MARK = "*";

/** Methods with their intervals, then each pair's differences with p-values, adjusted for all of them. */
export function methodTables(comparison: MethodComparison): ReportTable[] {
  const { pairs } = comparison;
  return [figuresTable(comparison), ...(pairs.length > 0 ? [pairsTable(comparison)] : [])];
}

function figuresTable({ methods, prompts, confidence }: MethodComparison): ReportTable {
  const hasOptimum = methods.some(({ optimumRegret }) => optimumRegret);
  const reasons = methods.flatMap(({ optimumRegret: regret }) => (regret?.value === null ? regret.reason : []));
  return {
    id: "methods",
    title: "Methods",
    heading: [
      "method",
      "seeds",
      "hypervolume",
      "mean inner product",
      "pool regret",
      ...(hasOptimum ? ["optimum regret"] : []),
    ],
    rows: methods.map((method) => [
      method.name,
      method.seeds.length === 0 ? "none" : String(method.seeds.length),
      formatEstimate(method.hypervolume),
      formatEstimate(method.meanInnerProduct),
      formatEstimate(method.poolRegret),
      ...(hasOptimum ? [optimumText(method.optimumRegret)] : []),
    ]),
    notes: [
      `${prompts} prompts; brackets are ${Number((100 * confidence).toFixed(2))}% intervals over ${overWhat(methods)}.`,
      ...new Set(reasons),
    ],
  };
}

function pairsTable({ pairs, permutations }: MethodComparison): ReportTable {
  return {
    id: "differences",
    title: "Differences",
    heading: ["difference", "of", "seeds", "value", "p", "Holm p", "", "test"],
    rows: pairs.flatMap((pair) =>
      COMPARED_FIGURES.map((figure) => {
        const { difference, tests } = pair[figure];
        const last = tests.at(-1)!;
        return [
          `${pair.first} - ${pair.second}`,
          EVALUATION_METRICS[figure].title,
          pair.seeds.length === 0 ? "none" : String(pair.seeds.length),
          formatEstimate(difference),
          pText(last.pValue),
          pText(last.holm),
          last.holm.value !== null && last.holm.value < SIGNIFICANT ? MARK : "",
          testName(last),
        ];
      }),
    ),
    notes: pairNotes(pairs, permutations),
  };
}

function pairNotes(pairs: readonly MethodPair[], permutations: number): string[] {
  const tests = pairs.flatMap((pair) => COMPARED_FIGURES.flatMap((figure) => pair[figure].tests.at(-1)!));
  const notes = [
    `p is two-sided; Holm p is adjusted for every row that is tested alike, and ${MARK} stands where it is below ${SIGNIFICANT}.`,
  ];
  if (tests.some(({ over }) => over === "prompts"))
    notes.push(
      `Permutation over prompts (${permutations}): it takes the ARMs as they are, and says nothing of other training seeds.`,
    );
  const unknown = new Set(tests.flatMap(({ pValue }) => (pValue.value === null ? pValue.reason : [])));
  return [...notes, ...unknown];
}

const optimumText = (regret: MethodFigures["optimumRegret"]): string =>
  regret && regret.value !== null ? formatEstimate(regret) : "-";

const testName = ({ by, over }: MethodTest): string => `${by}, ${over}`;

function overWhat(methods: readonly MethodFigures[]): string {
  const kinds = new Set(methods.map(({ hypervolume }) => hypervolume.over));
  return kinds.size === 1
    ? [...kinds][0]!
    : "seeds and prompts where a method has several seeds, over prompts where it has one";
}

/** 0.012, or a bound: nothing is 0. */
function pText({ value }: Measure): string {
  if (value === null) return "-";
  return value < 0.0005 ? "< 0.001" : value.toFixed(3);
}

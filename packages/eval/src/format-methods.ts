import type {
  Measure,
  MethodComparison,
  MethodFigures,
  MethodPair,
  MethodTest,
  UncertainFigure,
} from "@uniarm/core/schema";
import { EVALUATION_METRICS } from "@uniarm/core/schema";
import { formatEstimate } from "./format-report.ts";
import { formatTable, type TableFormat } from "./format-table.ts";
import { COMPARED_FIGURES } from "./statistics/jackknife.ts";

/** Methods with their intervals, then each pair's differences with p-values, adjusted for all of them. */
export function formatMethods(comparison: MethodComparison, format: TableFormat = "text"): string {
  const { methods, pairs, prompts, confidence, permutations } = comparison;
  const hasOptimum = methods.some(({ optimumRegret }) => optimumRegret);
  const figures = formatTable(
    ["method", "seeds", "hypervolume", "mean inner product", "pool regret", ...(hasOptimum ? ["optimum regret"] : [])],
    methods.map((method) => [
      method.name,
      method.seeds.length === 0 ? "none" : String(method.seeds.length),
      formatEstimate(method.hypervolume),
      formatEstimate(method.meanInnerProduct),
      formatEstimate(method.poolRegret),
      ...(hasOptimum ? [optimumText(method.optimumRegret)] : []),
    ]),
    format,
  );
  const share = `${Number((100 * confidence).toFixed(2))}%`;
  const reasons = methods.flatMap(({ optimumRegret: regret }) => (regret?.value === null ? regret.reason : []));
  const end = format === "markdown" ? "  \n" : "\n";
  const notes = [
    `${prompts} prompts; brackets are ${share} intervals over ${overWhat(methods.map((method) => method.hypervolume))}.`,
    ...new Set(reasons),
  ];
  const blocks = [figures, notes.join(end)];
  if (pairs.length > 0) blocks.push(pairsTable(pairs, format), pairNotes(pairs, permutations).join(end));
  return `${blocks.join("\n\n")}\n`;
}

function pairsTable(pairs: readonly MethodPair[], format: TableFormat): string {
  const rows = pairs.flatMap((pair) =>
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
        testName(last),
      ];
    }),
  );
  return formatTable(["difference", "of", "seeds", "value", "p", "Holm p", "test"], rows, format);
}

function pairNotes(pairs: readonly MethodPair[], permutations: number): string[] {
  const tests = pairs.flatMap((pair) => COMPARED_FIGURES.flatMap((figure) => pair[figure].tests.at(-1)!));
  const notes = ["p is two-sided; Holm p is adjusted for every row that is tested alike."];
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

function overWhat(figures: readonly UncertainFigure[]): string {
  const kinds = new Set(figures.map(({ over }) => over));
  return kinds.size === 1
    ? [...kinds][0]!
    : "seeds and prompts where a method has several seeds, over prompts where it has one";
}

/** 0.012, or a bound: nothing is 0. */
function pText({ value }: Measure): string {
  if (value === null) return "-";
  return value < 0.0005 ? "< 0.001" : value.toFixed(3);
}

import type { Random } from "@uniarm/core";
import {
  UniArmError,
  type EvaluationConfig,
  type FigureDifference,
  type Measure,
  type MethodPair,
  type MethodTest,
} from "@uniarm/core/schema";
import { coverage } from "../metrics/coverage.ts";
import { figuresOf } from "../figures.ts";
import { crossedSpread, spreadTest } from "./crossed.ts";
import { holm } from "./holm.ts";
import { COMPARED_FIGURES, type ComparedFigure } from "./jackknife.ts";
import { uncertain, type MeasuredMethod, type MeasuredRun } from "./measured-method.ts";
import { permuting } from "./method-permutation.ts";
import { MOST_SEEDS, pairedSeeds } from "./seeds.ts";

const NOT_ADJUSTED = { value: null, reason: "Not adjusted yet." } as const;

/** Two methods over the seeds that both were trained with, in steps; their tests are still to be adjusted for the others. */
export function* comparingPair(
  first: MeasuredMethod,
  second: MeasuredMethod,
  config: EvaluationConfig,
  random: Random,
): Generator<undefined, MethodPair> {
  const pairs = pairedRuns(first, second);
  const seeds = pairs.flatMap(([one, other]) => one.seed ?? other.seed ?? []);
  const { permutations } = config;
  const permuted =
    permutations === 0
      ? null
      : yield* permuting(
          pairs.map(([one, other]) => [one.table, other.table] as const),
          config,
          { permutations, random },
        );
  const difference = (figure: ComparedFigure): FigureDifference => {
    const prompts = permuted ? { value: permuted[figure] } : notAsked;
    return differenceOf(pairs, figure, config, prompts);
  };
  const [one, other] = [meanFront(first.runs, config), meanFront(second.runs, config)];
  return {
    first: first.name,
    second: second.name,
    seeds,
    hypervolume: difference("hypervolume"),
    meanInnerProduct: difference("meanInnerProduct"),
    coverage: coverage(one, other),
    coverageBack: coverage(other, one),
  };
}

const notAsked: Measure = { value: null, reason: "No permutations were asked for (permutations: 0)." };

type RunPair = readonly [MeasuredRun, MeasuredRun];

/** Runs of equal seeds; what was not trained pairs with every seed. */
function pairedRuns(first: MeasuredMethod, second: MeasuredMethod): RunPair[] {
  const [fixed, other] = [first.runs[0]!, second.runs[0]!];
  if (fixed.seed === null) return second.runs.map((run) => [fixed, run] as const);
  if (other.seed === null) return first.runs.map((run) => [run, other] as const);
  const pairs = first.runs.flatMap((one): RunPair[] => {
    const same = second.runs.find(({ seed }) => seed === one.seed);
    return same ? [[one, same]] : [];
  });
  if (pairs.length > 0) return pairs;
  const seedsOf = ({ runs }: MeasuredMethod): string => runs.map(({ seed }) => String(seed)).join(", ");
  throw new UniArmError(
    "methods-seeds",
    `"${first.name}" was trained with the seeds [${seedsOf(first)}], "${second.name}" with [${seedsOf(second)}]: a paired difference needs one that both have. Train them with the same seeds.`,
  );
}

function differenceOf(
  pairs: readonly RunPair[],
  figure: ComparedFigure,
  { confidence }: EvaluationConfig,
  prompts: Measure,
): FigureDifference {
  const { strata } = pairs[0]![0].table;
  const contributions = pairs.map(([one, other]) =>
    one.contributions[figure].map((value, prompt) => value - other.contributions[figure][prompt]!),
  );
  const [ones, others] = [0, 1].map((side) => pairs.map((pair) => pair[side]!.figures[figure])) as [number[], number[]];
  const value = ones.reduce((sum, one, index) => sum + one - others[index]!, 0) / ones.length;
  const spread = crossedSpread(contributions, strata);
  const test = (over: MethodTest["over"], by: MethodTest["by"], pValue: Measure): MethodTest => ({
    over,
    by,
    pValue,
    holm: NOT_ADJUSTED,
  });
  const tests = [test("prompts", "permutation", prompts)];
  if (pairs.length > 1) {
    const signs: Measure =
      pairs.length > MOST_SEEDS
        ? { value: null, reason: `More than ${MOST_SEEDS} seeds: not all signs are enumerated.` }
        : { value: pairedSeeds(ones, others).pValue };
    const student = spread && spreadTest(value, spread);
    tests.push(
      test("seeds", "sign flips", signs),
      test(
        "seeds and prompts",
        "Student",
        student === null
          ? { value: null, reason: "The difference does not vary, or there are as many strata as prompts." }
          : { value: student },
      ),
    );
  }
  return {
    difference: uncertain(value, contributions, strata, confidence),
    components: spread?.components ?? null,
    tests,
  };
}

/** [W,K] mean rewards over seeds: the front whose points coverage counts; raw, since it asks for order alone. */
function meanFront(runs: readonly MeasuredRun[], config: EvaluationConfig): number[][] {
  const means = runs.map(({ table }) => figuresOf(table, config).mean);
  return means[0]!.map((row, w) => row.map((_, k) => means.reduce((sum, one) => sum + one[w]![k]!, 0) / means.length));
}

/** Holm's correction over all tests of one `over`: every pair, both figures. */
export function adjustFamilies(pairs: readonly MethodPair[]): MethodPair[] {
  const adjusted = structuredClone([...pairs]);
  const tests = adjusted.flatMap((pair) => COMPARED_FIGURES.flatMap((figure) => pair[figure].tests));
  for (const family of Map.groupBy(tests, ({ over }) => over).values()) {
    const defined = family.flatMap(({ pValue }) => pValue.value ?? []);
    const values = holm(defined);
    let place = 0;
    for (const one of family) one.holm = one.pValue.value === null ? one.pValue : { value: values[place++]! };
  }
  return adjusted;
}

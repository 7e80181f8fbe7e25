import { createRandom } from "@uniarm/core";
import {
  UniArmError,
  type EvaluationConfig,
  type MethodComparison,
  type MethodFigures,
  type MethodPair,
  type Score,
  type UncertainFigure,
} from "@uniarm/core/schema";
import { figuresOf } from "../figures.ts";
import { optimumRegret, poolRegrets } from "../metrics/regret.ts";
import type { Point } from "../points.ts";
import { checkProtocol, protocolHash } from "../protocol.ts";
import { rewardTable } from "../reward-table.ts";
import { assertPaired } from "./assert-paired.ts";
import { adjustFamilies, comparingPair } from "./compare-pair.ts";
import { enoughPermutations } from "./enough-permutations.ts";
import { COMPARED_FIGURES, pseudoValues, type ComparedFigure } from "./jackknife.ts";
import { uncertain, type MeasuredMethod } from "./measured-method.ts";

/** A method's scores, once for each seed that it was trained with; seed null where nothing was trained. */
export interface MethodScores {
  name: string;
  runs: readonly { seed: number | null; scores: readonly Score[] }[];
}

export interface CompareMethodsOptions {
  /** [W,K] exact best mean rewards on these prompts at each preference, ascending as reports have them; default: not known */
  optimum?: readonly Point[] | undefined;
}

/**
 * Methods side by side: figures with intervals over seeds and prompts, and for each pair its differences over the seeds that both
 * were trained with, with p-values and Holm's correction. All have to be measured on the same prompts at the same preferences.
 * @throws UniArmError methods-empty, methods-names, methods-seeds, fronts-not-comparable, evaluation-protocol, and as `rewardTable` says
 */
export function compareMethods(...given: Parameters<typeof comparing>): MethodComparison {
  const steps = comparing(...given);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** How many pairs of methods have been compared. */
export interface ComparedPairs {
  done: number;
  total: number;
}

/** `compareMethods` in steps, between which a caller may stop: many methods and objectives take minutes. */
export function* comparing(
  methods: readonly MethodScores[],
  given: EvaluationConfig,
  { optimum }: CompareMethodsOptions = {},
): Generator<ComparedPairs, MethodComparison> {
  checkProtocol(given);
  checkMethods(methods);
  const config = { ...given, permutations: enoughPermutations(given, methods.length) };
  const names = config.objectives.map(({ name }) => name);
  const measured = methods.map(({ name, runs }): MeasuredMethod => ({
    name,
    runs: runs.map(({ seed, scores }) => {
      const table = rewardTable(scores, names);
      return { seed, table, figures: figuresOf(table, config), contributions: pseudoValues(table, config) };
    }),
  }));
  const first = measured[0]!.runs[0]!.table;
  for (const { name, runs } of measured)
    for (const { table, seed } of runs)
      assertPaired([first, table], [measured[0]!.name, seed === null ? name : `${name}, seed ${seed}`]);
  const pool = poolRegrets(measured.flatMap(({ runs }) => runs.map(({ table }) => table)));
  const random = createRandom(config.seed).fork("compare-methods");
  const couples = measured.flatMap((one, index) => measured.slice(index + 1).map((other) => [one, other] as const));
  const pairs: MethodPair[] = [];
  for (const [one, other] of couples) {
    const steps = comparingPair(one, other, config, random.fork(`${one.name}/${other.name}`));
    for (;;) {
      const step = steps.next();
      if (step.done) {
        pairs.push(step.value);
        break;
      }
      yield { done: pairs.length, total: couples.length };
    }
  }
  let place = 0;
  return {
    protocolHash: protocolHash(given, first.preferences, first.promptIds),
    objectives: names,
    normaliser: config.normaliser,
    referencePoint: config.referencePoint,
    prompts: first.promptIds.length,
    preferences: first.preferences.map((preference) => [...preference]),
    confidence: config.confidence,
    permutations: config.permutations,
    methods: measured.map((method) => {
      const regrets = pool.slice(place, (place += method.runs.length));
      return figuresWithIntervals(method, regrets, config, optimum);
    }),
    pairs: adjustFamilies(pairs),
  };
}

function figuresWithIntervals(
  { name, runs }: MeasuredMethod,
  regrets: readonly Float64Array[],
  config: EvaluationConfig,
  optimum: readonly Point[] | undefined,
): MethodFigures {
  const { strata } = runs[0]!.table;
  const estimate = (figure: ComparedFigure): UncertainFigure =>
    uncertain(
      mean(runs.map(({ figures }) => figures[figure])),
      runs.map(({ contributions }) => contributions[figure]),
      strata,
      config.confidence,
    );
  const [hypervolume, meanInnerProduct] = COMPARED_FIGURES.map(estimate) as [UncertainFigure, UncertainFigure];
  const poolRegret = uncertain(mean(regrets.map((row) => mean([...row]))), regrets, strata, config.confidence);
  const figures = {
    name,
    seeds: runs.flatMap(({ seed }) => seed ?? []),
    hypervolume,
    meanInnerProduct,
    poolRegret,
  };
  return optimum ? { ...figures, optimumRegret: regretFromOptimum(runs, meanInnerProduct, config, optimum) } : figures;
}

/** The optimum's mean inner product less the method's, with its interval turned; none where the optimum is none. */
function regretFromOptimum(
  runs: MeasuredMethod["runs"],
  product: UncertainFigure,
  config: EvaluationConfig,
  optimum: readonly Point[],
): NonNullable<MethodFigures["optimumRegret"]> {
  try {
    const regrets = runs.map(({ table }) => optimumRegret(table.preferences, figuresOf(table, config).mean, optimum));
    const value = mean(regrets);
    const best = value + product.value;
    const { interval } = product;
    const turned = interval && { low: Math.max(0, best - interval.high), high: Math.max(0, best - interval.low) };
    return { ...product, value, interval: turned };
  } catch (error) {
    if (error instanceof UniArmError && error.code === "optimum-exceeded")
      return { value: null, reason: error.message };
    throw error;
  }
}

function checkMethods(methods: readonly MethodScores[]): void {
  if (methods.length === 0)
    throw new UniArmError("methods-empty", "No methods to compare; give the scores of one at least.");
  const names = methods.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new UniArmError("methods-names", `Two methods are called "${twice}"; each needs a name of its own.`);
  for (const { name, runs } of methods) {
    const seeds = runs.map(({ seed }) => seed);
    if (runs.length > 0 && new Set(seeds).size === seeds.length && (runs.length === 1 || !seeds.includes(null)))
      continue;
    throw new UniArmError(
      "methods-seeds",
      `Method "${name}" has the seeds [${seeds.map(String).join(", ")}]; expected different seeds, or null alone for what was not trained.`,
    );
  }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

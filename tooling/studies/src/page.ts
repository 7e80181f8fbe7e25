import { readFile } from "node:fs/promises";
import { writeFileAtomically } from "@uniarm/core";
import { preferenceGrid, type Estimate } from "@uniarm/core/schema";
import { formatEstimate, hypervolume, meanInnerProduct, normalise, pairedSeeds, seedMean } from "@uniarm/eval";
import { exactFront, tinyWorldProtocol } from "@uniarm/tiny-world";
import { markdownTable } from "./markdown-table.ts";
import { methodStudy } from "./method-study.ts";
import {
  BEST_ANSWERS_FOLDER,
  PAGE_FILE,
  readAllSeeds,
  Tried,
  TRIED_FILE,
  type Result,
  type SeedResults,
} from "./results.ts";

/** What the others are compared with. */
const OURS = "uniarm";
/** Hypervolume and mean inner product of the best possible answers on the study's grid. */
function optimum(objectives: 2 | 3): [number, number] {
  const preferences = preferenceGrid(objectives, methodStudy(objectives, 0).divisions);
  const { normaliser, referencePoint } = tinyWorldProtocol(objectives);
  const rewards = exactFront(preferences).map((point) => point.rewards);
  const normalised = rewards.map((row) => normalise(row, normaliser));
  return [hypervolume(normalised, referencePoint), meanInnerProduct(preferences, rewards)];
}

/** docs/studies/method.md from the figures that are there. @param best those of models trained on the best answers there are */
export function methodPage(seeds: readonly SeedResults[], tried: Tried, best: readonly SeedResults[]): string {
  const byObjectives = [...Map.groupBy(seeds, ({ objectives }) => objectives)];
  return [
    "# UniARM and its rivals, as published and trained by imitation",
    "Made by `pnpm study:method:page` from the files below `docs/studies/method`, which `pnpm study:method` writes: the shipped study `methods`, every seed with pairs, training and rounds of its own, 100 held-out prompts of tiny-world, greedy decoding. Names that end in `-paper` are trained as published (recipe `paper`: winners of pairs, the ARM alone), the others by the recipe `imitation` in rounds of their own answers. All start from the same 4,000 pairs. The strength of each is chosen at each seed on validation prompts. Brackets are 95 % intervals over seeds (Student); p is of the exact sign-flip test over seeds, two-sided, and cannot be below 2 / 2^seeds.",
    ...byObjectives.flatMap(([objectives, all]) => section(objectives, all)),
    ...(best.length > 0 ? bounds(best) : []),
    "## What was tried",
    "Every configuration that was measured while the recipe was looked for, on the 40 validation prompts, whose tasks no pair asks about. One seed each: differences below .02 mean nothing.",
    markdownTable(
      ["objectives", "method", "what differs", "round", "strength", "HV", "MIP"],
      tried.map(({ objectives, method, change, round, strength, ...figures }) => [
        String(objectives),
        method,
        change,
        String(round),
        String(strength),
        figures.hypervolume.toFixed(3),
        figures.meanInnerProduct.toFixed(3),
      ]),
    ),
    "",
  ].join("\n\n");
}

function section(objectives: number, all: readonly SeedResults[]): string[] {
  const names = [...new Set(all.flatMap(({ results }) => results.map(({ name }) => name)))];
  const of = (name: string): Result[] => all.flatMap(({ results }) => results.filter((one) => one.name === name));
  const machines = [...new Set(all.map(({ machine }) => machine))].join(", ");
  const [bestHypervolume, bestProduct] = optimum(objectives === 3 ? 3 : 2);
  const rivals = names.filter((name) => name !== OURS);
  return [
    `## ${objectives} objectives`,
    `The exact optimum on this grid: hypervolume ${bestHypervolume.toFixed(3)}, mean inner product ${bestProduct.toFixed(3)}. Seconds are of one core of ${machines}.`,
    markdownTable(
      [
        "method",
        "seeds",
        "hypervolume",
        "mean inner product",
        "strength",
        "parameters",
        "passes a token",
        "training, CPU s",
      ],
      names.map((name) => {
        const results = of(name);
        const mean = (figure: (result: Result) => number): string => estimate(results.map(figure));
        return [
          name,
          String(results.length),
          mean((result) => result.hypervolume),
          mean((result) => result.meanInnerProduct),
          [...new Set(results.map(({ strength }) => strength))].sort((a, b) => a - b).join(", "),
          results[0]!.parameters.toLocaleString("en"),
          String(results[0]!.passes),
          meanSeconds(results),
        ];
      }),
    ),
    `What ${OURS} is ahead by, over the seeds that both were trained with:`,
    markdownTable(
      ["rival", "seeds", "hypervolume", "p", "mean inner product", "p"],
      rivals.flatMap((name) => {
        const both = all.flatMap(({ results }) => {
          const [ours, theirs] = [OURS, name].map((one) => results.find((result) => result.name === one));
          return ours && theirs ? [{ ours, theirs }] : [];
        });
        if (both.length < 2) return [];
        const tested = (figure: (result: Result) => number): [string, string] => {
          const { difference, pValue } = pairedSeeds(
            both.map(({ ours }) => figure(ours)),
            both.map(({ theirs }) => figure(theirs)),
          );
          return [formatEstimate(difference), pValue.toPrecision(2)];
        };
        return [
          [
            name,
            String(both.length),
            ...tested((result) => result.hypervolume),
            ...tested((result) => result.meanInnerProduct),
          ],
        ];
      }),
    ),
  ];
}

/** What is reached where nothing is left to find. */
function bounds(best: readonly SeedResults[]): string[] {
  const byObjectives = [...Map.groupBy(best, ({ objectives }) => objectives)];
  return [
    "## What binds",
    "The methods, smaller adapters, and UniARM's with other modulations, trained on the best answers that there are to each training prompt (`pnpm study:best-answers`), in as many steps as above. Nothing is left to find: what lacks to the optimum here, adapter, loss or decoding forbid; what lacks above beyond it was not found in the rounds.",
    markdownTable(
      [
        "objectives",
        "method",
        "seeds",
        "hypervolume",
        "of the optimum",
        "mean inner product",
        "of the optimum",
        "parameters",
      ],
      byObjectives.flatMap(([objectives, seeds]) => {
        const [hypervolumeThere, productThere] = optimum(objectives === 3 ? 3 : 2);
        const byName = [
          ...Map.groupBy(
            seeds.flatMap(({ results }) => results),
            ({ name }) => name,
          ),
        ];
        return byName.map(([name, results]) => {
          const hypervolumes = results.map((result) => result.hypervolume);
          const products = results.map((result) => result.meanInnerProduct);
          return [
            String(objectives),
            name,
            String(results.length),
            estimate(hypervolumes),
            share(hypervolumes, hypervolumeThere),
            estimate(products),
            share(products, productThere),
            results[0]!.parameters.toLocaleString("en"),
          ];
        });
      }),
    ),
  ];
}

function share(reached: readonly number[], there: number): string {
  const mean = reached.reduce((sum, value) => sum + value, 0) / reached.length;
  return `${((100 * mean) / there).toFixed(0)} %`;
}

function estimate(values: readonly number[]): string {
  const known: Estimate = values.length < 2 ? { value: values[0]!, interval: null } : seedMean(values);
  return formatEstimate(known);
}

export async function writePage(): Promise<void> {
  const tried = Tried.parse(JSON.parse(await readFile(TRIED_FILE, "utf8")));
  await writeFileAtomically(
    PAGE_FILE,
    methodPage(await readAllSeeds(), tried, await readAllSeeds(BEST_ANSWERS_FOLDER)),
  );
}

/** Of those trainings that were never interrupted. */
function meanSeconds(results: readonly Result[]): string {
  const known = results.flatMap(({ trainingCpuSeconds }) => trainingCpuSeconds ?? []);
  return known.length === 0 ? "" : String(Math.round(known.reduce((sum, one) => sum + one, 0) / known.length));
}

import { existsSync } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { writeFileAtomically } from "@uniarm/core";
import { StudyConfig } from "@uniarm/pipeline/schema";
import { z } from "zod";

const DOCS = join(import.meta.dirname, "../../../docs/studies");
/** A file for each number of objectives and seed: machines that share the work do not meet in one. */
export const RESULTS_FOLDER = join(DOCS, "method");
export const TRIED_FILE = join(DOCS, "method-tried.json");
/** The same of models trained on the best answers that there are, a file for each number of objectives. */
export const BEST_ANSWERS_FOLDER = join(DOCS, "method-best-answers");
export const PAGE_FILE = join(DOCS, "method.md");

/** One method at one seed. */
export const Result = z.strictObject({
  name: z.string(),
  /** of those tried, the best on validation prompts: hypervolume and mean inner product together */
  strength: z.number(),
  /** trained numbers of all its adapters */
  parameters: z.int(),
  /** forward passes per token at decoding, the base model's included */
  passes: z.int(),
  /** of a processor: training, answers of its own and validation fronts; null where it was interrupted */
  trainingCpuSeconds: z.number().nullable(),
  hypervolume: z.number(),
  meanInnerProduct: z.number(),
  /** what the strength was chosen by */
  validation: z.array(z.strictObject({ strength: z.number(), hypervolume: z.number(), meanInnerProduct: z.number() })),
});
export type Result = z.infer<typeof Result>;

export const SeedResults = z.strictObject({
  objectives: z.int(),
  seed: z.int(),
  /** what the seconds were measured on */
  machine: z.string(),
  protocol: z.string(),
  /** the study as it was run */
  config: z.record(z.string(), z.unknown()),
  results: z.array(Result),
});
export type SeedResults = z.infer<typeof SeedResults>;

/** A configuration that was tried on validation prompts while the recipe was looked for. */
export const Tried = z.array(
  z.strictObject({
    objectives: z.int(),
    method: z.string(),
    change: z.string(),
    seed: z.int(),
    round: z.int(),
    strength: z.number(),
    hypervolume: z.number(),
    meanInnerProduct: z.number(),
  }),
);
export type Tried = z.infer<typeof Tried>;

export const sentenceOf = ({ name, hypervolume, meanInnerProduct, trainingCpuSeconds }: Result): string =>
  `${name}: hypervolume ${hypervolume.toFixed(3)}, mean inner product ${meanInnerProduct.toFixed(3)}, ${trainingCpuSeconds ?? "?"} s`;

const fileOf = (folder: string, objectives: number, seed: number): string =>
  join(folder, `k${objectives}-seed${seed}.json`);

async function readSeed(objectives: number, seed: number, folder: string): Promise<SeedResults | null> {
  const path = fileOf(folder, objectives, seed);
  return existsSync(path) ? SeedResults.parse(JSON.parse(await readFile(path, "utf8"))) : null;
}

/** What a seed's file has of this study; null where there is none, or of another one. */
export async function keptOf(
  config: StudyConfig,
  objectives: number,
  folder = RESULTS_FOLDER,
): Promise<SeedResults | null> {
  const stored = await readSeed(objectives, config.seed, folder);
  return stored && isDeepStrictEqual(StudyConfig.parse(stored.config), config) ? stored : null;
}

/** Adds a method's figures to its seed's file, as that is by now: another process may have added some meanwhile. */
export async function addResult(
  { config, objectives, protocol }: { config: StudyConfig; objectives: number; protocol: string },
  result: Result,
  folder = RESULTS_FOLDER,
): Promise<void> {
  const kept = await keptOf(config, objectives, folder);
  await writeSeed(
    {
      objectives,
      seed: config.seed,
      machine: cpus()[0]!.model,
      protocol,
      config: JSON.parse(JSON.stringify(config)) as Record<string, unknown>,
      results: [...(kept?.results ?? []), result],
    },
    folder,
  );
}

async function writeSeed(results: SeedResults, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const path = fileOf(folder, results.objectives, results.seed);
  await writeFileAtomically(path, `${JSON.stringify(results, null, 1)}\n`);
}

/** All seeds, fewest objectives and lowest seed first. */
export async function readAllSeeds(folder = RESULTS_FOLDER): Promise<SeedResults[]> {
  const names = (existsSync(folder) ? await readdir(folder) : []).filter((name) => name.endsWith(".json"));
  const all = await Promise.all(
    names.map(async (name) => SeedResults.parse(JSON.parse(await readFile(join(folder, name), "utf8")))),
  );
  return all.sort((a, b) => a.objectives - b.objectives || a.seed - b.seed);
}

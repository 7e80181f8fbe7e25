import { createHash } from "node:crypto";
import type { Random, Tokenizer, Transformer } from "@uniarm/core";
import { replayedPairs, type PreferencePair, type TrainingConfig } from "@uniarm/core/schema";
import { planBatches } from "./batches.ts";
import { examplesOf, type Examples } from "./examples.ts";
import type { Oddities } from "./oddities.ts";
import { hashPairs, readPairs } from "./pairs.ts";

/** The pairs of a run as they lie in its files. */
export interface RunPairs {
  pairs: PreferencePair[];
  /** those of the checkpoint that it starts from; empty without */
  replayed: PreferencePair[];
  validation: PreferencePair[] | null;
  /** of all that decides what the run becomes: a resumed run must see the same */
  sha256: string;
}

export async function readRunPairs(config: TrainingConfig): Promise<RunPairs> {
  const { pairs, replayPairs, validationPairs, objectives, missingLabels } = config;
  const read = (path: string): Promise<PreferencePair[]> => readPairs(path, objectives, missingLabels);
  const own = await read(pairs);
  const replayed = replayPairs === undefined ? [] : await read(replayPairs);
  const validation = validationPairs === undefined ? null : await read(validationPairs);
  return { pairs: own, replayed, validation, sha256: await hashFiles(decisiveFiles(config)) };
}

/** Files whose pairs decide what a run becomes: a resumed run must see the same. */
export function decisiveFiles({
  pairs,
  replayPairs,
  validationPairs,
  keepBest,
  earlyStopping,
}: TrainingConfig): string[] {
  const decides = keepBest !== undefined || earlyStopping !== undefined;
  return [pairs, replayPairs, decides ? validationPairs : undefined].filter((path) => path !== undefined);
}

async function hashFiles(paths: readonly string[]): Promise<string> {
  const hashes = await Promise.all(paths.map(hashPairs));
  return hashes.length === 1 ? hashes[0]! : hashOf(hashes);
}

/** One hash of several. */
export function hashOf(hashes: readonly string[]): string {
  const all = createHash("sha256");
  for (const one of hashes) all.update(one);
  return all.digest("hex");
}

/** What is trained on: the run's own examples, behind them those that are replayed. */
export interface TrainingExamples extends Omit<Examples, "oddities"> {
  /** of each file */
  oddities: Oddities[];
  /** how many of them are the run's own */
  own: number;
}

export function trainingExamples(
  { pairs, replayed }: RunPairs,
  about: { tokenizer: Tokenizer; model: Transformer; config: TrainingConfig },
): TrainingExamples {
  const { examples, leftOut, oddities } = examplesOf(pairs, { ...about, path: about.config.pairs });
  const { replayPairs } = about.config;
  if (replayPairs === undefined) return { examples, leftOut, oddities: [oddities], own: examples.length };
  const old = examplesOf(replayed, { ...about, path: replayPairs });
  return {
    examples: examples.concat(old.examples),
    leftOut: leftOut + old.leftOut,
    oddities: [oddities, old.oddities],
    own: examples.length,
  };
}

/**
 * Which examples each step sees; every step has as many of the replayed ones, in an order of their own. Their preferences are
 * drawn as those of all pairs are: so with masked labels every objective is weighed at every mix, each by the pairs that know it.
 */
export function planRun(
  { examples, own }: TrainingExamples,
  config: TrainingConfig,
  random: Random,
): (step: number) => readonly number[] {
  const lengths = examples.map(({ length }) => length);
  const replayed = replayedPairs(config);
  const ownAt = planBatches(lengths.slice(0, own), config.batchPairs - replayed, random.fork("data"));
  if (replayed === 0) return ownAt;
  const replayedAt = planBatches(lengths.slice(own), replayed, random.fork("replay"));
  return (step) => [...ownAt(step), ...replayedAt(step).map((place) => place + own)];
}

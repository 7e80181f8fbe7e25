import { createHash } from "node:crypto";
import type { Random, Tokenizer, Transformer } from "@uniarm/core";
import { replayedPairs, type PreferencePair, type TrainingConfig } from "@uniarm/core/schema";
import { planBatches } from "./batches.ts";
import { examplesOf, type Examples } from "./examples.ts";
import { hashPairs, readPairs } from "./pairs.ts";

/** The pairs of a run as they lie in its files. */
export interface RunPairs {
  pairs: PreferencePair[];
  /** those of the checkpoint that it starts from; empty without */
  replayed: PreferencePair[];
  validation: PreferencePair[] | null;
  /** of all that is trained on: a resumed run must see the same */
  sha256: string;
}

export async function readRunPairs(config: TrainingConfig): Promise<RunPairs> {
  const { pairs, replayPairs, validationPairs, objectives, missingLabels } = config;
  const read = (path: string): Promise<PreferencePair[]> => readPairs(path, objectives, missingLabels);
  const own = await hashPairs(pairs);
  return {
    pairs: await read(pairs),
    replayed: replayPairs === undefined ? [] : await read(replayPairs),
    validation: validationPairs === undefined ? null : await read(validationPairs),
    sha256:
      replayPairs === undefined
        ? own
        : createHash("sha256")
            .update(own)
            .update(await hashPairs(replayPairs))
            .digest("hex"),
  };
}

/** What is trained on: the run's own examples, behind them those that are replayed. */
export interface TrainingExamples extends Examples {
  /** how many of them are the run's own */
  own: number;
}

export function trainingExamples(
  { pairs, replayed }: RunPairs,
  about: { tokenizer: Tokenizer; model: Transformer; config: TrainingConfig },
): TrainingExamples {
  const { examples, leftOut } = examplesOf(pairs, { ...about, path: about.config.pairs });
  const { replayPairs } = about.config;
  if (replayPairs === undefined) return { examples, leftOut, own: examples.length };
  const old = examplesOf(replayed, { ...about, path: replayPairs });
  return {
    examples: examples.concat(old.examples),
    leftOut: leftOut + old.leftOut,
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

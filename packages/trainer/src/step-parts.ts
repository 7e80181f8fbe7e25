import { imitationTarget, tokenBatch } from "@uniarm/core";
import type { Arm } from "./arms.ts";
import { split } from "./batches.ts";
import type { MicroBatch } from "./batch-objective.ts";
import { marginsOf, pairRows, type Example } from "./examples.ts";
import type { LossSettings } from "./loss-settings.ts";
import type { DrawnPreferences } from "./preferences.ts";
import type { ScoredResponse } from "./pools.ts";
import type { Session } from "./session.ts";

/** The pairs of a micro-batch and what was drawn for them, before an ARM looks at it. */
export interface StepPart extends DrawnPreferences {
  examples: readonly Example[];
  /** imitation: the responses known to each pair's prompt, and a number in [0, 1) that decides which one is imitated */
  imitated: readonly { pool: readonly ScoredResponse[]; uniform: number }[] | null;
}

/** Parts of step `step` = 0, 1, ...; draws preferences. */
export function stepParts(
  { config, training, batchAt, preferences, pools, random }: Session,
  step: number,
): StepPart[] {
  const batch = batchAt(step).map((index) => training.examples[index]!);
  const draws = random.fork(`imitation-${step}`); // of the step alone: a resumed run keeps no state of it
  return split(batch, config.accumulationSteps).map((examples) => ({
    examples,
    ...preferences.draw(examples.length),
    imitated: pools && examples.map((example) => ({ pool: pools.get(example)!, uniform: draws.uniform() })),
  }));
}

/** A part as one ARM sees it: all of it, or only its own objective. */
export function microBatchOf(
  { objective }: Pick<Arm, "objective">,
  part: StepPart,
  settings: LossSettings,
  padTokenId: number,
): MicroBatch {
  const { examples, imitated } = part;
  const only = (rows: readonly (readonly number[])[]): readonly (readonly number[])[] =>
    objective === null ? rows : rows.map((row) => [row[objective]!]);
  const ones = objective === null ? null : examples.map(() => [1]);
  const preferences = {
    lossPreferences: ones ?? part.lossPreferences,
    shownPreferences: ones ?? part.shownPreferences,
  };
  if (imitated) {
    const responses = imitated.map(({ pool, uniform }, row) => {
      const wanted = imitationTarget(
        only(pool.map(({ scores }) => scores)),
        preferences.lossPreferences[row]!,
        settings.rewardTemperature,
      );
      return pool[placeOf(wanted, uniform)]!.response;
    });
    const rows = responses.map((response, row) => ({ prompt: examples[row]!.prompt, response }));
    return { kind: "imitation", tokens: tokenBatch(rows, padTokenId), ...preferences };
  }
  const margins = examples.map(marginsOf).filter((row) => row !== null);
  return {
    kind: "pairs",
    tokens: pairRows(examples, padTokenId),
    ...preferences,
    signs: only(examples.map(({ signs }) => signs)),
    margins: margins.length === examples.length ? only(margins) : null,
  };
}

/** Which entry of a distribution a number in [0, 1) falls on. */
function placeOf(probabilities: readonly number[], uniform: number): number {
  let sum = 0;
  const place = probabilities.findIndex((probability) => (sum += probability) > uniform);
  return place < 0 ? probabilities.length - 1 : place; // the sum rounds to less than 1
}

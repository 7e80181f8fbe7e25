import { imitationTarget, lastTokenColumn, tokenBatch, type Random, type Transformer } from "@uniarm/core";
import type { Arm } from "./arms.ts";
import { split } from "./batches.ts";
import type { MicroBatch } from "./batch-objective.ts";
import { marginsOf, pairRows, pairTokens, type Example } from "./examples.ts";
import { frozenPart } from "./frozen-part.ts";
import type { LossSettings } from "./loss-settings.ts";
import type { DrawnPreferences } from "./preferences.ts";
import type { ScoredResponse } from "./pools.ts";
import type { Session } from "./session.ts";

/** The pairs of a micro-batch and what was drawn for them, before an ARM looks at it. */
export interface StepPart extends DrawnPreferences {
  examples: readonly Example[];
  /** where the adapters' inputs are left out in part: what is drawn from */
  dropout: { share: number; random: Random } | null;
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
  const dropped = random.fork(`dropout-${step}`);
  return split(batch, config.accumulationSteps).map((examples, part) => ({
    examples,
    dropout: config.dropout > 0 ? { share: config.dropout, random: dropped.fork(`part-${part}`) } : null,
    ...preferences.draw(examples.length),
    imitated: pools && examples.map((example) => ({ pool: pools.get(example)!, uniform: draws.uniform() })),
  }));
}

/** A part as one ARM sees it: all of it, or only its own objective; `place` is the ARM's among all. */
export function microBatchOf(
  arm: Pick<Arm, "objective" | "weights">,
  part: StepPart,
  settings: LossSettings,
  { padTokenId, model, place = 0 }: { padTokenId: number; model: Pick<Transformer, "config">; place?: number },
): MicroBatch {
  const { examples, imitated } = part;
  const { objective, weights } = arm;
  const separate = objective !== null;
  const ones = examples.map(() => [1]);
  const shared = {
    shownPreferences: separate ? ones : part.shownPreferences,
    ...(part.dropout ? { dropout: { ...part.dropout, random: part.dropout.random.fork(`arm-${place}`) } } : {}),
  };
  const only = (rows: readonly (readonly number[])[]): readonly (readonly number[])[] =>
    separate ? rows.map((row) => [row[objective]!]) : rows;
  const lossPreferences = separate ? ones : part.lossPreferences;
  if (imitated) {
    // a policy for one preference imitates what is wanted there on all objectives
    const wantedAt = weights ? examples.map(() => weights) : lossPreferences;
    const responses = imitated.map(({ pool, uniform }, row) => {
      const scores = pool.map((one) => one.scores);
      const wanted = imitationTarget(weights ? scores : only(scores), wantedAt[row]!, settings.rewardTemperature);
      return pool[placeOf(wanted, uniform)]!.response;
    });
    const rows = responses.map((response, row) => ({ prompt: examples[row]!.prompt, response }));
    return { kind: "imitation", tokens: tokenBatch(rows, padTokenId), lossPreferences: wantedAt, ...shared };
  }
  const margins = examples.map(marginsOf).filter((row) => row !== null);
  // a scorer reads the last column of a row
  const tokens = settings.scores ? pairRows(examples, padTokenId) : pairTokens(examples, { padTokenId, model });
  return {
    kind: "pairs",
    tokens,
    ...(settings.scores ? { readAt: tokens.ids.map((row) => lastTokenColumn(row, padTokenId)) } : {}),
    lossPreferences,
    ...shared,
    signs: only(examples.map(({ signs }) => signs)),
    margins: margins.length === examples.length ? only(margins) : null,
    ...frozenPart(arm, examples),
  };
}

/** Which entry of a distribution a number in [0, 1) falls on. */
function placeOf(probabilities: readonly number[], uniform: number): number {
  let sum = 0;
  const place = probabilities.findIndex((probability) => (sum += probability) > uniform);
  return place < 0 ? probabilities.length - 1 : place; // the sum rounds to less than 1
}

import { tf } from "@uniarm/core";
import { viewOf } from "./arms.ts";
import { split } from "./batches.ts";
import { toBlame } from "./blame.ts";
import { pairRows, type Example } from "./examples.ts";
import { learningRateAt } from "./learning-rate.ts";
import { lossSettingsOf } from "./loss-settings.ts";
import { stepMetrics, type MetricValues } from "./metrics.ts";
import type { MicroBatch } from "./pair-objective.ts";
import type { Session } from "./session.ts";
import { disposeSnapshot, takeSnapshot } from "./snapshot.ts";
import { prepareStep, type PreparedStep } from "./step.ts";
import { troubleOf, type Trouble } from "./trouble.ts";

/** What a step did, or why it did nothing. */
export interface StepOutcome {
  /** of a step that was not made, only what does not come from its losses */
  metrics: MetricValues;
  /** null: the step was made */
  trouble: Trouble | null;
  batch: StepBatch;
}

/** Pairs of a step: tokenized, and as the loss is given them. */
export interface StepBatch {
  examples: readonly (readonly Example[])[];
  microBatches: readonly MicroBatch[];
}

/**
 * Optimizer step `step` = 0, 1, ... of all ARMs. The ARMs change together: when a loss or gradient of one is not finite, none
 * does. Before they change, what they were is kept as the session's sound state.
 */
export async function oneStep(session: Session, step: number): Promise<StepOutcome> {
  const { config, model, arms, totalSteps, skipped, preferences } = session;
  const random = preferences.state();
  const batch = batchOf(session, step);
  const learningRate = learningRateAt(step, totalSteps, config.optimizer);
  const lossSettings = lossSettingsOf(config);
  const prepared: PreparedStep[] = [];
  for (const arm of arms) {
    const { batches, settings } = viewOf(arm, batch.microBatches, lossSettings);
    prepared.push(await prepareStep(model, arm.adapter, batches, settings, config.optimizer.maxGradNorm));
  }
  const reports = prepared.map(({ report }) => report);
  const about = { objectives: config.objectives, step: step + 1, path: config.pairs };
  const trouble = troubleOf(arms, reports, batch.examples, about);
  if (trouble) trouble.examples = await blamed(session, batch, trouble);
  if (!trouble) {
    disposeSnapshot(session.sound);
    session.sound = takeSnapshot(arms, { step, skipped, random });
    arms.forEach(({ optimizer }, index) => {
      optimizer.apply(prepared[index]!.gradients, learningRate);
    });
  }
  tf.dispose(prepared.map(({ gradients }) => gradients));
  const metrics = trouble ? {} : stepMetrics(config, arms, reports);
  metrics.learningRate = learningRate;
  metrics.tokens = tokensOf(batch);
  return { metrics, trouble, batch };
}

/** @returns the pairs of a step that spoiled it */
function blamed(
  { model, arms, tokenizer }: Session,
  { examples, microBatches }: StepBatch,
  trouble: Trouble,
): Promise<readonly Example[]> {
  const shown = new Map(
    examples.flatMap((part, index) =>
      part.map((example, row) => [example, microBatches[index]!.shownPreferences[row]!] as const),
    ),
  );
  const all = trouble.examples;
  return toBlame({ model, arms, padTokenId: tokenizer.padTokenId ?? 0 }, all, (place) => shown.get(all[place]!)!);
}

function batchOf(session: Session, step: number): StepBatch {
  const { config, training } = session;
  const batch = session.batchAt(step).map((index) => training.examples[index]!);
  const examples = split(batch, config.accumulationSteps);
  return { examples, microBatches: examples.map((part) => microBatchOf(session, part)) };
}

function microBatchOf({ preferences, tokenizer }: Session, examples: readonly Example[]): MicroBatch {
  const { lossPreferences, shownPreferences } = preferences.draw(examples.length);
  const margins = examples.map((example) => example.margins).filter((row) => row !== null);
  return {
    tokens: pairRows(examples, tokenizer.padTokenId ?? 0),
    lossPreferences,
    shownPreferences,
    signs: examples.map(({ signs }) => signs),
    margins: margins.length === examples.length ? margins : null,
  };
}

const tokensOf = ({ microBatches }: StepBatch): number =>
  microBatches.reduce((sum, { tokens: { length } }) => sum + length.reduce((all, one) => all + one, 0), 0);

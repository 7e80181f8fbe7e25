import { tf, tokensOf } from "@uniarm/core";
import { learning, settingsOf } from "./arms.ts";
import type { MicroBatch } from "./batch-objective.ts";
import { toBlame } from "./blame.ts";
import type { Example } from "./examples.ts";
import { learningRateAt } from "./learning-rate.ts";
import { lossSettingsOf } from "./loss-settings.ts";
import { stepMetrics, type MetricValues } from "./metrics.ts";
import type { Session } from "./session.ts";
import { disposeSnapshot, takeSnapshot } from "./snapshot.ts";
import { microBatchOf, stepParts, type StepPart } from "./step-parts.ts";
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

/** What a step is made of: its pairs in parts, and what each ARM sees of them. */
export interface StepBatch {
  parts: readonly StepPart[];
  /** [ARM][part] */
  microBatches: readonly (readonly MicroBatch[])[];
}

/**
 * Optimizer step `step` = 0, 1, ... of all ARMs. The ARMs change together: when a loss or gradient of one is not finite, none
 * does. Before they change, what they were is kept as the session's sound state.
 */
export async function oneStep(session: Session, step: number): Promise<StepOutcome> {
  const { config, model, totalSteps, skipped, preferences } = session;
  const arms = learning(session.arms);
  const random = preferences.state();
  const parts = stepParts(session, step);
  const learningRate = learningRateAt(step, totalSteps, config.optimizer);
  const lossSettings = lossSettingsOf(config);
  const { padTokenId } = session;
  const microBatches = arms.map((arm) => {
    const place = session.arms.indexOf(arm);
    return parts.map((part) => microBatchOf(arm, part, lossSettings, { padTokenId, model, place }));
  });
  const batch = { parts, microBatches };
  const prepared: PreparedStep[] = [];
  for (const [index, arm] of arms.entries()) {
    const settings = settingsOf(arm, lossSettings);
    prepared.push(await prepareStep(model, arm, microBatches[index]!, settings, config.optimizer.maxGradNorm));
  }
  const reports = prepared.map(({ report }) => report);
  const about = { objectives: config.objectives, step: step + 1 };
  const trouble = troubleOf(
    arms,
    reports,
    parts.map(({ examples }) => examples),
    about,
  );
  if (trouble) trouble.examples = await blamed(session, batch, trouble);
  if (!trouble) {
    disposeSnapshot(session.sound);
    session.sound = takeSnapshot(session.arms, { step, skipped, random, watch: { ...session.watch } });
    arms.forEach(({ optimizer, average }, index) => {
      optimizer.apply(prepared[index]!.gradients, learningRate);
      average?.update();
    });
  }
  tf.dispose(prepared.map(({ gradients }) => gradients));
  const metrics = trouble ? {} : stepMetrics(config, arms, reports, microBatches);
  metrics.learningRate = learningRate;
  metrics.tokens = microBatches[0]!.reduce((sum, { tokens }) => sum + tokensOf(tokens), 0);
  return { metrics, trouble, batch };
}

/** @returns the pairs of a step that spoiled it; by imitation, those of its prompts that have such a response */
async function blamed(
  { config, model, arms, padTokenId, training, pools }: Session,
  { parts }: StepBatch,
  trouble: Trouble,
): Promise<readonly Example[]> {
  const all = trouble.examples;
  // what was imitated may be a response of another pair of the same prompt
  const askedBy = (example: Example): unknown => pools?.get(example) ?? example;
  const rows = parts.flatMap(({ examples, shownPreferences }) =>
    examples.map((example, row) => [example, shownPreferences[row]!] as const),
  );
  const shown = new Map(
    rows.filter(([example]) => all.includes(example)).map(([example, preference]) => [askedBy(example), preference]),
  );
  const suspects = pools ? training.examples.filter((example) => shown.has(askedBy(example))) : all;
  const about = { model, arms, padTokenId, settings: lossSettingsOf(config) };
  const bad = await toBlame(about, suspects, (place) => shown.get(askedBy(suspects[place]!))!);
  return bad.length === suspects.length ? all : bad;
}

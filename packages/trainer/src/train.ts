import { defaultBaseWeights, openEngine } from "@uniarm/core";
import type { RunEvent, TrainingConfig } from "@uniarm/core/schema";
import { viewOf } from "./arms.ts";
import { split } from "./batches.ts";
import { betweenSteps } from "./between-steps.ts";
import { maxTokensOf, pairRows, type Example } from "./examples.ts";
import { learningRateAt } from "./learning-rate.ts";
import { lossSettingsOf } from "./loss-settings.ts";
import { datasetMetrics, datasetSentence, stepMetrics, type MetricValues } from "./metrics.ts";
import type { MicroBatch } from "./pair-objective.ts";
import { datedVars } from "./dated-vars.ts";
import { checkRunFolder, runSettings, writeRunConfig } from "./run-folder.ts";
import { saveSession } from "./save.ts";
import { openSession, type Session } from "./session.ts";
import { trainStep, type StepReport } from "./step.ts";
import { validate } from "./validation.ts";

export interface TrainOptions {
  /** Stops after the step in progress, with a checkpoint. */
  signal?: AbortSignal | undefined;
  /** Resumes the run in `config.output`; it ends with the bytes of a run that was never interrupted. */
  resume?: boolean | undefined;
}

/**
 * Trains one preference-conditioned ARM (uniarm, parm) or one ARM for each objective (genarm) on a frozen base, and yields
 * what happens: `started`; notices on the data; for each optimizer step `metric` and `progress` (unit "steps");
 * `checkpoint`; and at the end `finished`, or `stopped` when the signal was aborted.
 *
 * @throws UniArmError run-exists, run-missing, run-config-changed, pairs-empty, scores-missing, resume-pairs-changed, and
 * those of reading pairs, models and checkpoints
 */
export async function* train(given: TrainingConfig, options: TrainOptions = {}): AsyncGenerator<RunEvent> {
  const { signal, resume = false } = options;
  await openEngine();
  const before = await runSettings(given.output);
  const config = {
    ...given,
    baseWeights: given.baseWeights ?? before?.baseWeights ?? defaultBaseWeights(),
    templateVars: await datedVars(given, before),
  };
  await checkRunFolder(config, resume);
  const session = await openSession(config, resume);
  try {
    if (!resume) await writeRunConfig(config);
    yield { type: "started", kind: "train", total: session.totalSteps };
    yield* dataEvents(session);
    yield* steps(session, signal);
  } finally {
    session.dispose();
  }
}

async function* steps(session: Session, signal: AbortSignal | undefined): AsyncGenerator<RunEvent> {
  const { config, startStep, totalSteps } = session;
  let saved = startStep === 0 ? null : startStep;
  let step = startStep;
  while (step < totalSteps && !signal?.aborted) {
    const metrics = await oneStep(session, step);
    step += 1;
    yield { type: "metric", step, values: metrics };
    yield { type: "progress", phase: "train", done: step, total: totalSteps, unit: "steps" };
    if (step % config.validationEvery === 0 || step === totalSteps) yield* validationEvents(session, step, signal);
    if (step % config.checkpointEvery === 0 || step === totalSteps) {
      yield { type: "checkpoint", step, path: await saveSession(session, step) };
      saved = step;
    }
    await betweenSteps();
  }
  if (step === totalSteps) {
    yield { type: "finished", message: `Trained for ${totalSteps} steps; the checkpoint is in ${config.output}.` };
    return;
  }
  if (saved !== step) yield { type: "checkpoint", step, path: await saveSession(session, step) };
  const message = `Stopped after ${step} of ${totalSteps} steps; nothing is lost. Resume with: uniarm train --resume ${config.output}`;
  yield { type: "stopped", step, message };
}

async function oneStep(session: Session, step: number): Promise<MetricValues> {
  const { config, model, arms, training, totalSteps } = session;
  const batch = session.batchAt(step).map((index) => training.examples[index]!);
  const microBatches = split(batch, config.accumulationSteps).map((examples) => microBatchOf(session, examples));
  const learningRate = learningRateAt(step, totalSteps, config.optimizer);
  const lossSettings = lossSettingsOf(config);
  const reports: StepReport[] = [];
  for (const arm of arms) {
    const { batches, settings } = viewOf(arm, microBatches, lossSettings);
    reports.push(
      await trainStep(model, arm, batches, settings, { learningRate, maxGradNorm: config.optimizer.maxGradNorm }),
    );
  }
  const tokens = microBatches.reduce(
    (sum, { tokens: { length } }) => sum + length.reduce((all, one) => all + one, 0),
    0,
  );
  return { ...stepMetrics(config, arms, reports), learningRate, tokens };
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

function* dataEvents({
  config,
  model,
  statistics,
  training,
  validation,
  startStep,
  totalSteps,
}: Session): Generator<RunEvent> {
  for (const message of model.notices) yield { type: "notice", code: "model-files", message };
  const leftOut = training.leftOut + (validation?.leftOut ?? 0);
  if (leftOut > 0) {
    const all = leftOut + training.examples.length + (validation?.examples.length ?? 0);
    const message = `${leftOut} of ${all} pairs are longer than ${maxTokensOf(config, model)} tokens and were left out.`;
    yield { type: "notice", code: "pairs-left-out", message };
  }
  if (startStep > 0) {
    yield { type: "notice", code: "resumed", message: `Resumed after step ${startStep} of ${totalSteps}.` };
    return;
  }
  yield { type: "notice", code: "data", message: datasetSentence(statistics) };
  yield { type: "metric", step: 0, values: datasetMetrics(statistics) };
}

async function* validationEvents(
  session: Session,
  step: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<RunEvent> {
  const { config, model, arms, validation, tokenizer } = session;
  if (!validation) return;
  const { betas } = lossSettingsOf(config);
  const options = {
    objectives: config.objectives,
    betas,
    batchPairs: config.batchPairs,
    padTokenId: tokenizer.padTokenId ?? 0,
    signal,
  };
  const values = await validate(model, arms, validation.examples, options);
  if (values) yield { type: "metric", step, values };
}

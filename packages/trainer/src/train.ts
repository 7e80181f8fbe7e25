import { defaultBaseWeights, openEngine } from "@uniarm/core";
import { replayedPairs, type RunEvent, type TrainingConfig } from "@uniarm/core/schema";
import { betweenSteps } from "./between-steps.ts";
import { addFrozenLogProbs } from "./frozen-log-probs.ts";
import { maxTokensOf } from "./examples.ts";
import { giveUp, skipNotice } from "./give-up.ts";
import { lossSettingsOf } from "./loss-settings.ts";
import { armWeightsOf } from "./arms.ts";
import { datasetMetrics, datasetSentence, type MetricValues } from "./metrics.ts";
import { datedVars } from "./dated-vars.ts";
import { odditiesSentence } from "./oddities.ts";
import { oneStep, type StepBatch } from "./one-step.ts";
import { checkRunFolder, runSettings, writeRunConfig } from "./run-folder.ts";
import { saveBest, saveSession } from "./save.ts";
import { openSession, type Session } from "./session.ts";
import { unsoundness } from "./soundness.ts";
import { validate, validationGrid } from "./validation.ts";
import { watched } from "./watch.ts";

export interface TrainOptions {
  /** Stops after the step in progress, with a checkpoint. */
  signal?: AbortSignal | undefined;
  /** Resumes the run in `config.output`; it ends with the bytes of a run that was never interrupted. */
  resume?: boolean | undefined;
}

/**
 * Trains the adapters of a method on a frozen base, ARMs or policies, and yields what happens: `started`; notices on the data;
 * for policies the progress of what they are compared with (unit "pairs"); for each optimizer step `metric` and `progress` (unit "steps");
 * `checkpoint`; and at the end `finished`, early where `earlyStopping` says so, or `stopped` when the signal was aborted. A step whose loss or gradient is not finite
 * ends the run, after a `checkpoint` of the last sound state; `skipNotFinite` of them are left out with a notice instead.
 *
 * @throws UniArmError training-not-finite; run-exists, run-missing, run-config-changed, pairs-empty, scores-missing, resume-pairs-changed,
 * pairs-all-tied, pairs-all-same, reference-not-finite, margin-policies-differ, metric-not-measured, and those of reading pairs, models and checkpoints
 */
export async function* train(given: TrainingConfig, options: TrainOptions = {}): AsyncGenerator<RunEvent> {
  const { signal, resume = false } = options;
  await openEngine();
  const before = await runSettings(given.output);
  const config = {
    ...given,
    baseWeights: given.baseWeights ?? before?.baseWeights ?? defaultBaseWeights("training"),
    templateVars: await datedVars(given, before),
  };
  await checkRunFolder(config, resume);
  const session = await openSession(config, resume);
  try {
    if (before?.skipNotFinite !== config.skipNotFinite) await writeRunConfig(config);
    yield { type: "started", kind: "train", total: session.totalSteps };
    yield* dataEvents(session);
    yield* addFrozenLogProbs(session, signal);
    yield* steps(session, signal);
  } finally {
    session.dispose();
  }
}

async function* steps(session: Session, signal: AbortSignal | undefined): AsyncGenerator<RunEvent> {
  const { config, startStep, totalSteps } = session;
  let saved = startStep === 0 ? null : startStep;
  let step = startStep;
  let newest: StepBatch | null = null;
  const save = async function* (): AsyncGenerator<RunEvent> {
    const unsound = await unsoundness(session, step, newest);
    if (unsound) yield* giveUp(session, unsound, saved);
    const at = { step, skipped: session.skipped, random: session.preferences.state(), watch: session.watch };
    yield { type: "checkpoint", step, path: await saveSession(session, at) };
    saved = step;
  };
  if (session.watch.isOwed && !signal?.aborted) {
    yield* validationEvents(session, step, signal, saved);
    yield* save();
  }
  while (step < totalSteps && !signal?.aborted && !hasStoppedEarly(session)) {
    const { metrics, trouble, batch } = await oneStep(session, step);
    if (trouble && session.skipped >= config.skipNotFinite) yield* giveUp(session, trouble, saved);
    step += 1;
    if (trouble) {
      session.skipped += 1;
      yield await skipNotice(session, trouble);
    } else newest = batch;
    if (config.skipNotFinite > 0) metrics.skippedSteps = session.skipped;
    yield { type: "metric", step, values: metrics };
    yield { type: "progress", phase: "train", done: step, total: totalSteps, unit: "steps" };
    if (step % config.validationEvery === 0 || step === totalSteps)
      yield* validationEvents(session, step, signal, saved);
    if (step % config.checkpointEvery === 0 || step === totalSteps || hasStoppedEarly(session)) yield* save();
    await betweenSteps();
  }
  if ((step === totalSteps && !session.watch.isOwed) || hasStoppedEarly(session)) {
    yield { type: "finished", message: finishedMessage(session, step) };
    return;
  }
  if (saved !== step) yield* save();
  const message = `Stopped after ${step} of ${totalSteps} steps; nothing is lost. Resume with: uniarm train --resume ${config.output}`;
  yield { type: "stopped", step, message };
}

/** Whether the run's metric has got no better for as long as it may. */
const hasStoppedEarly = ({ config: { earlyStopping }, watch }: Session): boolean =>
  earlyStopping !== undefined && (watch.earlyStopping?.since ?? 0) >= earlyStopping.patience;

function finishedMessage(session: Session, step: number): string {
  const { config, totalSteps, skipped, watch } = session;
  const { earlyStopping, keepBest, output } = config;
  const early =
    step < totalSteps && earlyStopping && watch.earlyStopping?.best
      ? ` It ended before ${totalSteps} steps: ${earlyStopping.metric} was best after step ${watch.earlyStopping.best.step} and no better in ${earlyStopping.patience} validations since.`
      : "";
  const best =
    keepBest !== undefined && watch.keepBest?.best
      ? ` The adapters with the best ${keepBest}, of step ${watch.keepBest.best.step}, are in ${output}/best.`
      : "";
  const left = skipped > 0 ? ` ${skipped} of them were skipped: a loss or gradient was not finite.` : "";
  return `Trained for ${step} steps; the checkpoint is in ${output}.${left}${early}${best}`;
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
  const odd = odditiesSentence([...training.oddities, ...(validation ? [validation.oddities] : [])]);
  if (odd !== null) yield { type: "notice", code: "pairs-odd", message: odd };
  const replayed = replayedPairs(config);
  if (replayed > 0) {
    const { length } = training.examples.slice(training.own);
    const message = `${replayed} of the ${config.batchPairs} pairs of each step are replayed: drawn from ${length} of ${config.replayPairs}.`;
    yield { type: "notice", code: "replay", message };
  }
  yield { type: "metric", step: 0, values: datasetMetrics(statistics) };
}

async function* validationEvents(
  session: Session,
  step: number,
  signal: AbortSignal | undefined,
  saved: number | null,
): AsyncGenerator<RunEvent> {
  const { config, model, arms, validation, tokenizer } = session;
  if (!validation) return;
  const options = {
    objectives: config.objectives,
    settings: lossSettingsOf(config),
    batchPairs: config.batchPairs,
    padTokenId: tokenizer.padTokenId ?? 0,
    signal,
    grid: armWeightsOf(config) ?? validationGrid(config.objectives.length),
  };
  const validated = await validate(model, arms, validation.examples, options);
  session.watch.isOwed = !validated;
  if (!validated) return;
  const { values, notFinite: examples } = validated;
  const what = "the log-probabilities of held-out pairs are not finite";
  if (examples.length > 0) yield* giveUp(session, { step, what, examples, skippable: false }, saved);
  yield { type: "metric", step, values };
  await watchMetrics(session, step, values);
}

/** Takes a validation's numbers into account: the best adapters so far are kept. */
async function watchMetrics(session: Session, step: number, values: MetricValues): Promise<void> {
  const { config, watch } = session;
  const { earlyStopping, keepBest } = config;
  const none = { best: null, since: 0 };
  if (earlyStopping) watch.earlyStopping = watched(watch.earlyStopping ?? none, earlyStopping.metric, step, values);
  if (keepBest === undefined) return;
  watch.keepBest = watched(watch.keepBest ?? none, keepBest, step, values);
  if (watch.keepBest.best?.step === step) await saveBest(session, step);
}

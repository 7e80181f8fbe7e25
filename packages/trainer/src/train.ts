import { defaultBaseWeights, openEngine } from "@uniarm/core";
import { isScorer, replayedPairs, type RunEvent, type TrainingConfig } from "@uniarm/core/schema";
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
import { SCORER_FOLDER, writeScorer } from "./write-scorer.ts";

export interface TrainOptions {
  /** Stops after the step in progress, with a checkpoint. */
  signal?: AbortSignal | undefined;
  /** Resumes the run in `config.output`; it ends with the bytes of a run that was never interrupted. */
  resume?: boolean | undefined;
}

/**
 * Trains the adapters of a method on a frozen base, ARMs or policies, and yields what happens: `started`; notices on the data;
 * for policies the progress of what they are compared with (unit "pairs"); for each optimizer step `metric` and `progress` (unit "steps");
 * `checkpoint`; for scorers the writing of their model folder; and at the end `finished`, early where `earlyStopping` says so, or `stopped` when the signal was aborted. A step whose loss or gradient is not finite
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
    if (isScorer(config.method)) yield* writeScorer(session);
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
  const scorer = isScorer(config.method) ? ` Its model folder, for rewardModels, is ${output}/${SCORER_FOLDER}.` : "";
  return `Trained for ${step} steps; the checkpoint is in ${output}.${left}${early}${best}${scorer}`;
}

function* dataEvents(session: Session): Generator<RunEvent> {
  const { config, model, statistics, training, validation, startStep, totalSteps } = session;
  const scores = isScorer(config.method);
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
  yield { type: "notice", code: "data", message: datasetSentence(statistics, { mixed: !scores }) };
  const odd = odditiesSentence([...training.oddities, ...(validation ? [validation.oddities] : [])], { read: scores });
  if (odd !== null) yield { type: "notice", code: "pairs-odd", message: odd };
  const validating = validationSentence(session);
  if (validating !== null) yield { type: "notice", code: "validation", message: validating };
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
  const { config, model, arms, validated: examples, padTokenId } = session;
  if (!examples) return;
  const options = {
    objectives: config.objectives,
    settings: lossSettingsOf(config),
    batchPairs: config.batchPairs,
    padTokenId,
    signal,
    grid: gridOf(config),
  };
  const validation = validate(model, arms, examples, options);
  let read = await validation.next();
  for (; !read.done; read = await validation.next())
    yield { type: "progress", phase: "validate", done: read.value, total: examples.length, unit: "pairs" };
  session.watch.isOwed = !read.value;
  if (!read.value) return;
  const { values, notFinite } = read.value;
  const what = "the log-probabilities of held-out pairs are not finite";
  if (notFinite.length > 0) yield* giveUp(session, { step, what, examples: notFinite, skippable: false }, saved);
  yield { type: "metric", step, values };
  await watchMetrics(session, step, values);
}

const gridOf = (config: TrainingConfig): readonly (readonly number[])[] =>
  armWeightsOf(config) ?? validationGrid(config.objectives.length);

/** What the validations of a run will cost, beside its steps: forward passes, a third of a step's work each. */
function validationSentence({ config, validation, validated }: Session): string | null {
  if (!validation || !validated) return null;
  const [read, all] = [validated.length, validation.examples.length];
  const preferences = isScorer(config.method) ? 1 : gridOf(config).length; // scores are the same at all
  const at = isScorer(config.method) ? "" : ` at ${preferences} ${preferences === 1 ? "preference" : "preferences"}`;
  const which = read < all ? `${read} of ${all} held-out pairs` : `${read} held-out ${read === 1 ? "pair" : "pairs"}`;
  const steps = Math.max(1, Math.round((read * preferences) / (3 * config.batchPairs)));
  const less = read > config.batchPairs ? " validationLimit and validationEvery make it less." : "";
  return `Every ${config.validationEvery} steps, and after the last, a validation reads ${which}${at}: about the time of ${steps} ${steps === 1 ? "step" : "steps"}.${less}`;
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

import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "@uniarm/core";
import {
  isBetter,
  isScorer,
  lossOf,
  UniArmError,
  validationMetrics,
  type RunEvent,
  type TrainingConfig,
} from "@uniarm/core/schema";
import { z } from "zod";
import { TrainingRun } from "./schema/jobs.ts";
import { sweptCount, sweptRuns, type SweepSearch, type SweptRun } from "./schema/sweep.ts";
import { trainHere } from "./train-here.ts";

/** More trials are a sweep: on a server they run side by side. */
const MOST_TRIALS = 50;

export interface TuneOptions {
  /** which settings are tried; default: a third, once and three times the learning rate, and beta where one number is the loss's */
  search?: SweepSearch | undefined;
  /** optimizer steps of a trial */
  steps: number;
  /** of the validation after the last of them */
  metric: string;
  signal?: AbortSignal | undefined;
}

const Trial = z.object({
  name: z.string(),
  settings: z.record(z.string(), z.json()),
  value: z.number().nullable().describe("of the metric; null: the training failed"),
  failure: z.string().nullable(),
});
export type Trial = z.infer<typeof Trial>;

const Result = z.object({ config: z.json(), trial: Trial });

export interface Tuning {
  metric: string;
  steps: number;
  /** best first; failed ones at the end */
  trials: Trial[];
  /** the settings given, with the best trial's */
  best: Record<string, unknown>;
}

/** What a trial does, under its name. */
export interface TrialEvent {
  trial: string;
  event: Exclude<RunEvent, { type: "report" }>;
}

/** What is tried where nothing else is asked for. */
export function usualSearch(config: TrainingConfig): SweepSearch {
  const { optimizer, beta, method } = config;
  const around = (value: number): number[] => [1 / 3, 1, 3].map((factor) => Number((value * factor).toPrecision(3)));
  const fields: Record<string, number[]> = { "optimizer.learningRate": around(optimizer.learningRate) };
  if (typeof beta === "number" && lossOf(config).loss !== "imitation" && !isScorer(method)) fields.beta = around(beta);
  return { type: "grid", fields };
}

/**
 * Trains briefly with every combination of settings, and ranks them by a metric of held-out pairs. Trials that are done stay in
 * the folder `output`/trials and are not made again; one that fails, as at too high a learning rate, is ranked last.
 * @returns null when the signal was aborted
 * @throws UniArmError tune-invalid, tune-changed
 */
export async function* tune(
  given: Record<string, unknown>,
  { search, steps, metric, signal = new AbortController().signal }: TuneOptions,
): AsyncGenerator<TrialEvent, Tuning | null> {
  const run = TrainingRun.parse(given);
  const swept = search ?? usualSearch(run);
  check(run, swept, metric);
  const trials: Trial[] = [];
  for (const [index, one] of sweptRuns({ base: given, search: swept }).entries()) {
    const folder = join(run.output, "trials", String(index + 1));
    const config = trialConfig(one, { folder, steps });
    const trial = (await doneBefore(folder, config, one.name)) ?? (yield* tryOut(one, { config, metric, signal }));
    if (trial === null) return null;
    await writeFileAtomically(join(folder, "trial.json"), `${JSON.stringify({ config, trial }, null, 2)}\n`);
    trials.push(trial);
  }
  const ranked = trials.toSorted((a, b) => rank(a, b, metric));
  const tuning = { metric, steps, trials: ranked, best: bestOf(given, swept, ranked[0]!) };
  await writeFileAtomically(join(run.output, "tuning.json"), `${JSON.stringify(tuning, null, 2)}\n`);
  return tuning;
}

function check(run: TrainingRun, search: SweepSearch, metric: string): void {
  const refuse = (message: string): never => {
    throw new UniArmError("tune-invalid", message);
  };
  const known = validationMetrics(run.objectives);
  if (run.validationPairs === undefined)
    refuse("Settings are compared on held-out pairs, and there are none: give them with --validation-pairs.");
  if (run.exploration) refuse("Rounds are not tuned: leave --rounds out, and give them to the run that follows.");
  if (!known.includes(metric)) refuse(`A validation does not measure ${metric}. It measures ${known.join(", ")}.`);
  const count = sweptCount(search);
  if (count < 2) refuse("One combination of settings leaves nothing to choose: give a setting several values.");
  if (count > MOST_TRIALS)
    refuse(
      `These are ${count} trials, one after the other; at most ${MOST_TRIALS} are. Try fewer values, or launch a sweep on a server: uniarm launch FILE --sweep KEY=VALUE,VALUE`,
    );
}

/** A trial is a training of its own: its learning rate warms up in at most a tenth of its steps, and ends with them. */
function trialConfig({ config, name }: SweptRun, { folder, steps }: { folder: string; steps: number }): TrainingRun {
  const brief = { steps, validationEvery: steps, checkpointEvery: steps, output: folder };
  const { keepBest: _, earlyStopping: __, epochs: ___, ...rest } = config;
  const parsed = TrainingRun.safeParse({ ...rest, ...brief });
  if (parsed.success) {
    const { optimizer } = parsed.data;
    const warmupSteps = Math.min(optimizer.warmupSteps, Math.floor(steps / 10));
    return { ...parsed.data, optimizer: { ...optimizer, warmupSteps } };
  }
  throw new UniArmError(
    "tune-invalid",
    `With ${name} the settings do not hold: ${z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, " ")}`,
  );
}

/** @throws UniArmError tune-changed where the folder has a trial of other settings */
async function doneBefore(folder: string, config: TrainingRun, name: string): Promise<Trial | null> {
  const path = join(folder, "trial.json");
  if (!existsSync(path)) return null;
  const before = Result.safeParse(
    await readFile(path, "utf8")
      .then(JSON.parse)
      .catch(() => null),
  );
  if (before.success && JSON.stringify(before.data.config) === JSON.stringify(config)) return before.data.trial;
  throw new UniArmError(
    "tune-changed",
    `${folder} holds a trial of other settings than ${name} has now. Tune into another folder (--output), or remove this one.`,
  );
}

async function* tryOut(
  { name, settings }: SweptRun,
  { config, metric, signal }: { config: TrainingRun; metric: string; signal: AbortSignal },
): AsyncGenerator<TrialEvent, Trial | null> {
  const about = { name, settings: settings as Trial["settings"] };
  const work = async function* (): AsyncGenerator<TrialEvent, number | null | "stopped"> {
    let value: number | null = null;
    for await (const event of trainHere(config, signal)) {
      yield { trial: name, event };
      if (event.type === "stopped") return "stopped";
      if (event.type !== "metric" || !("validation/loss" in event.values)) continue;
      value = event.values[metric] ?? null;
      if (value === null) throw unmeasured(config, metric);
    }
    return value;
  };
  try {
    let value = yield* work();
    if (value === null) {
      await rm(config.output, { recursive: true }); // it was killed between its last step and its note: what it measured is not known
      value = yield* work();
    }
    if (value === "stopped") return null;
    if (value !== null) return { ...about, value, failure: null };
  } catch (error) {
    if (!(error instanceof UniArmError) || error.code !== "training-not-finite") throw error;
    return { ...about, value: null, failure: error.message };
  }
  throw unmeasured(config, metric);
}

const unmeasured = ({ validationPairs }: TrainingRun, metric: string): UniArmError =>
  new UniArmError(
    "metric-not-measured",
    `No pair of ${validationPairs} counts for ${metric}: compare by another metric, or give other held-out pairs.`,
  );

function rank(a: Trial, b: Trial, metric: string): number {
  if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null);
  return a.value === b.value ? 0 : isBetter(metric, a.value, b.value) ? -1 : 1;
}

/** @throws UniArmError tune-invalid where no trial could be trained */
function bestOf(given: Record<string, unknown>, search: SweepSearch, best: Trial): Record<string, unknown> {
  if (best.value === null)
    throw new UniArmError("tune-invalid", `No trial could be trained; the first one says: ${best.failure}`);
  return sweptRuns({ base: given, search }).find(({ name }) => name === best.name)!.config;
}

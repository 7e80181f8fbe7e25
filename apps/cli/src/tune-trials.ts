import { join } from "node:path";
import { writeFileAtomically } from "@uniarm/core";
import { UniArmError } from "@uniarm/core/schema";
import { tune, type Tuning } from "@uniarm/pipeline";
import { SweepSearch, TrainingRun } from "@uniarm/pipeline/schema";
import type { CommandContext } from "./command-context.ts";
import { EXIT } from "./exit-codes.ts";
import { openEngineOnScreen } from "./open-engine.ts";
import { silentProgress, terminalProgress } from "./progress.ts";
import { parseConfig } from "./schema-options.ts";
import { table } from "./server/table.ts";
import { gridSearch } from "./sweep-flags.ts";
import { trainingNote } from "./training-note.ts";

/** Steps of a trial where nothing else is said: enough to tell a good learning rate from a bad one. */
const TRIAL_STEPS = 50;

export interface TuneFlags {
  /** true: what is usually tried */
  tune: string[] | true;
  tuneSteps?: string;
  tuneMetric?: string;
  json?: boolean;
}

/** Tries settings, and prints what came of each and the command that trains with the best. */
export async function tuneTrials(
  values: Record<string, unknown>,
  { tune: fields, tuneSteps, tuneMetric: metric = "validation/accuracy", json = false }: TuneFlags,
  context: CommandContext,
): Promise<void> {
  const run = parseConfig(TrainingRun, values); // before the engine is opened
  const options = { metric, steps: stepsOf(tuneSteps), signal: context.signal, search: searchOf(fields) };
  const progress = json ? silentProgress : terminalProgress();
  await openEngineOnScreen(progress);
  const events = tune(values, options);
  let note = { trial: "", ...trainingNote() };
  for (;;) {
    const next = await events.next();
    if (next.done) {
      progress.close();
      if (next.value) await report(next.value, run.output, json);
      else {
        progress.line("Interrupted; what was tried is kept. The same command goes on.");
        context.setExitCode(EXIT.interrupted);
      }
      return;
    }
    const { trial, event } = next.value;
    if (json) process.stdout.write(`${JSON.stringify({ trial, ...event })}\n`);
    if (note.trial !== trial) note = { trial, ...trainingNote() };
    note.see(event);
    if (event.type === "progress")
      progress.update(`${trial} ${event.phase}`, event.done, event.total, event.unit, note.text());
    if (event.type === "notice" && event.code !== "data") progress.line(event.message);
  }
}

async function report(tuning: Tuning, output: string, json: boolean): Promise<void> {
  const path = join(output, "best.json");
  const { output: _, ...settings } = tuning.best;
  await writeFileAtomically(path, `${JSON.stringify(settings, null, 2)}\n`);
  if (json) {
    process.stdout.write(`${JSON.stringify({ type: "tuning", ...tuning })}\n`);
    return;
  }
  const rows = tuning.trials.map(({ name, value, failure }) => [name, value?.toFixed(3) ?? firstSentence(failure)]);
  process.stdout.write(table([`settings, ${tuning.steps} steps each`, tuning.metric], rows));
  process.stdout.write(`\nTrain with the first: uniarm train --config ${path} --output FOLDER\n`);
}

const firstSentence = (text: string | null): string => /^.*?\.(?= |$)/.exec(text ?? "")?.[0] ?? text ?? "";

const searchOf = (fields: TuneFlags["tune"]): SweepSearch | undefined =>
  fields === true ? undefined : parseConfig(SweepSearch, gridSearch(fields));

function stepsOf(text: string | undefined): number {
  const steps = text === undefined ? TRIAL_STEPS : Number(text);
  if (Number.isInteger(steps) && steps > 0) return steps;
  throw new UniArmError("tune-invalid", `--tune-steps takes a whole number above 0, not "${text}".`);
}

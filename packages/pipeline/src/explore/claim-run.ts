import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { join } from "node:path";
import { defaultBaseWeights, openEngine, writeFileAtomically } from "@uniarm/core";
import { UniArmError } from "@uniarm/core/schema";
import { datedVars } from "@uniarm/trainer";
import { TrainingRun } from "../schema/jobs.ts";
import type { RoundRun } from "./round-graph.ts";

const CONFIG_FILE = "config.json";

/** Keeps the settings of a run that has begun; a file that holds them already stays, and tells when the run began. */
export async function writeSettings(run: RoundRun): Promise<void> {
  const path = join(run.output, CONFIG_FILE);
  const text = `${JSON.stringify(run, null, 2)}\n`;
  if ((await readFile(path, "utf8").catch(() => null)) !== text) await writeFileAtomically(path, text);
}

/**
 * Checks that a folder can take a run with rounds, or holds the same one; writes nothing -> the run, with the base weights and
 * the day that it was started with: every round of every attempt has the same. Where model and data lie may differ between
 * attempts.
 * @throws UniArmError run-exists, run-missing, run-config-changed
 */
export async function claimRun(given: RoundRun, resume: boolean | undefined): Promise<RoundRun> {
  const path = join(given.output, CONFIG_FILE);
  const isThere = existsSync(path);
  if (isThere && resume === false)
    throw new UniArmError(
      "run-exists",
      `${given.output} already has a run. Resume it: uniarm train --resume ${given.output}, or choose another output folder.`,
    );
  if (!isThere && resume === true)
    throw new UniArmError(
      "run-missing",
      `There is no run to resume in ${given.output} (no ${CONFIG_FILE}). Start one without --resume.`,
    );
  const stored = TrainingRun.safeParse(
    await readFile(path, "utf8")
      .then(JSON.parse)
      .catch(() => null),
  );
  await openEngine(); // it knows how weights are best held
  const run = {
    ...given,
    baseWeights: given.baseWeights ?? stored.data?.baseWeights ?? defaultBaseWeights("training"),
    templateVars: await datedVars(given, stored.data),
  };
  if (isThere && (!stored.success || !isDeepStrictEqual(settled(stored.data), settled(run))))
    throw new UniArmError(
      "run-config-changed",
      `The run in ${run.output} was started with other settings. Resume it with its own (uniarm train --resume ${run.output}), or start a new run in another folder.`,
    );
  return run;
}

/** The settings that make a run what it is, as JSON has them. */
function settled({ exploration, ...training }: TrainingRun): unknown {
  const elsewhere = {
    model: "",
    pairs: "",
    validationPairs: "",
    startFrom: "",
    replayPairs: "",
    marginFrom: "",
    output: "",
    skipNotFinite: 0,
  };
  const rounds = { ...exploration, validationPrompts: "", scorer: null };
  return JSON.parse(JSON.stringify({ ...training, ...elsewhere, rounds })) as unknown;
}

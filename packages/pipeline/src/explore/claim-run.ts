import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { join } from "node:path";
import { writeFileAtomically } from "@uniarm/core";
import { UniArmError } from "@uniarm/core/schema";
import { TrainingRun } from "../schema/jobs.ts";

/**
 * Takes a folder for a run with rounds, whose settings it keeps, or finds the same run in it. Where model and data lie may
 * differ between attempts.
 * @throws UniArmError run-exists, run-missing, run-config-changed
 */
export async function claimRun(run: TrainingRun, resume: boolean | undefined): Promise<void> {
  const path = join(run.output, "config.json");
  const isThere = existsSync(path);
  if (isThere && resume === false)
    throw new UniArmError(
      "run-exists",
      `${run.output} already has a run. Resume it: uniarm train --resume ${run.output}, or choose another output folder.`,
    );
  if (!isThere && resume === true)
    throw new UniArmError(
      "run-missing",
      `There is no run to resume in ${run.output} (no config.json). Start one without --resume.`,
    );
  if (!isThere) {
    await mkdir(run.output, { recursive: true });
    await writeFileAtomically(path, `${JSON.stringify(run, null, 2)}\n`);
    return;
  }
  const stored = TrainingRun.safeParse(
    await readFile(path, "utf8")
      .then(JSON.parse)
      .catch(() => null),
  );
  if (!stored.success || !isDeepStrictEqual(settled(stored.data), settled(run)))
    throw new UniArmError(
      "run-config-changed",
      `The run in ${run.output} was started with other settings. Resume it with its own (uniarm train --resume ${run.output}), or start a new run in another folder.`,
    );
}

/** The settings that make a run what it is, as JSON has them. */
function settled({ exploration, ...training }: TrainingRun): unknown {
  const elsewhere = { model: "", pairs: "", validationPairs: "", startFrom: "", output: "", skipNotFinite: 0 };
  const rounds = { ...exploration, validationPrompts: "", scorer: null };
  return JSON.parse(JSON.stringify({ ...training, ...elsewhere, rounds })) as unknown;
}

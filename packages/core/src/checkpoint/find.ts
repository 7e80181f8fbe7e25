import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { isFile, isFolder } from "../files/exists.ts";
import { UniArmError } from "../schema/error.ts";

export const MANIFEST_FILE = "manifest.json";
export const ADAPTER_FILE = "adapter.safetensors";

const STEP_FOLDER = /^step-(\d{6,15})$/;
/** What a writer that was killed leaves behind. */
const LEFTOVER = /^step-\d{6,15}\.(partial|replaced)$/;

/** Where a run folder keeps the checkpoint of a step. */
export function checkpointFolder(run: string, step: number): string {
  return join(run, "checkpoints", `step-${String(step).padStart(6, "0")}`);
}

/**
 * The checkpoint that `folder` stands for: itself, or the newest complete one of the run in it; null when there is none.
 * Unfinished folders are passed over.
 */
export async function findCheckpoint(folder: string): Promise<string | null> {
  if (await isComplete(folder)) return folder;
  const steps = await stepFolders(folder);
  for (const name of steps.reverse()) {
    const candidate = join(folder, "checkpoints", name);
    if (await isComplete(candidate)) return candidate;
  }
  return null;
}

/** As `findCheckpoint`. @throws UniArmError checkpoint-missing */
export async function requireCheckpoint(folder: string): Promise<string> {
  const found = await findCheckpoint(folder);
  if (found !== null) return found;
  const what = (await isFolder(folder))
    ? `There is no complete checkpoint in ${folder}: expected ${MANIFEST_FILE} and ${ADAPTER_FILE} in it or in checkpoints/step-... below it`
    : `There is no checkpoint or run folder ${folder}`;
  throw new UniArmError("checkpoint-missing", `${what}. Train one: uniarm train --config <file>`);
}

/** Removes all but the newest `keep` checkpoints of a run, oldest first, and what killed writers left behind. */
export async function pruneCheckpoints(run: string, keep: number): Promise<void> {
  const folder = join(run, "checkpoints");
  const leftovers = (await namesIn(folder)).filter((name) => LEFTOVER.test(name));
  const old = (await stepFolders(run)).slice(0, -keep);
  for (const name of [...leftovers, ...old]) await rm(join(folder, name), { recursive: true, force: true });
}

/** Names of a run's checkpoint folders, oldest first. */
async function stepFolders(run: string): Promise<string[]> {
  const stepOf = (name: string): number => Number(STEP_FOLDER.exec(name)?.[1]);
  const names = (await namesIn(join(run, "checkpoints"))).filter((name) => STEP_FOLDER.test(name));
  return names.sort((one, other) => stepOf(one) - stepOf(other));
}

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
const isComplete = async (folder: string): Promise<boolean> =>
  (await isFile(join(folder, MANIFEST_FILE))) && isFile(join(folder, ADAPTER_FILE));

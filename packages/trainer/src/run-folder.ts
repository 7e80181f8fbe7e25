import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { exists, writeFileAtomically } from "@uniarm/core";
import { TrainingConfig, UniArmError } from "@uniarm/core/schema";

const CONFIG_FILE = "config.json";

/**
 * Checks that `config.output` can take this run; writes nothing. A resumed run may tolerate another number of steps that are
 * not finite than before: it changes none that was.
 * @throws UniArmError run-exists for a new run in a folder that has one; when resuming run-missing, run-config-invalid,
 * or run-config-changed with the settings that differ
 */
export async function checkRunFolder(config: TrainingConfig, resume: boolean): Promise<void> {
  const path = join(config.output, CONFIG_FILE);
  const isThere = await exists(path);
  if (!resume) {
    if (!isThere) return;
    throw new UniArmError(
      "run-exists",
      `${config.output} already has a run. Resume it: uniarm train --resume ${config.output}, or choose another output folder.`,
    );
  }
  if (!isThere) {
    throw new UniArmError(
      "run-missing",
      `There is no run to resume in ${config.output} (no ${CONFIG_FILE}). Start one without --resume.`,
    );
  }
  const changed = changes(await readRunConfig(path), config);
  if (changed.length === 0) return;
  throw new UniArmError(
    "run-config-changed",
    `The run in ${config.output} was started with other settings: ${changed.join("; ")}. ` +
      `Resume it with its own (uniarm train --resume ${config.output}), or start a new run in another folder.`,
  );
}

export async function writeRunConfig(config: TrainingConfig): Promise<void> {
  await mkdir(config.output, { recursive: true });
  await writeFileAtomically(join(config.output, CONFIG_FILE), `${JSON.stringify(config, null, 2)}\n`);
}

/** What the run in a folder was started with: a resumed run keeps how its model is held and which day it is told. */
export async function runSettings(output: string): Promise<TrainingConfig | undefined> {
  return readRunConfig(join(output, CONFIG_FILE)).catch(() => undefined); // checkRunFolder reports what is wrong with it
}

async function readRunConfig(path: string): Promise<TrainingConfig> {
  try {
    return TrainingConfig.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    throw new UniArmError(
      "run-config-invalid",
      `${path} is not a training configuration, so its run cannot be resumed. Start a new run in another folder.`,
      { cause },
    );
  }
}

/** The settings that differ, aside from the place of the run folder and what is tolerated from here on, each as a sentence. */
function changes(before: TrainingConfig, after: TrainingConfig): string[] {
  const [old, now] = [before, after].map((config) => leaves({ ...config, output: "", skipNotFinite: 0 })) as [
    Map<string, string>,
    Map<string, string>,
  ];
  const differing = [...new Set([...old.keys(), ...now.keys()])].filter((key) => old.get(key) !== now.get(key));
  return differing.map((key) => `${key} was ${shown(old.get(key))}, now it is ${shown(now.get(key))}`);
}

/** Every setting by its path, the value as JSON; the order of keys means nothing. Lists of numbers and words are one setting. */
function leaves(value: unknown, path: readonly string[] = []): Map<string, string> {
  if (value === undefined) return new Map();
  if (typeof value !== "object" || value === null || (Array.isArray(value) && !value.some(isObject)))
    return new Map([[path.join("."), JSON.stringify(value, sortKeys)]]);
  return new Map(Object.entries(value).flatMap(([key, inner]) => [...leaves(inner, path.concat(key))]));
}

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;

const shown = (value = "not set"): string => value;

/** For JSON.stringify. */
function sortKeys(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Adapter } from "../adapters/adapter.ts";
import { checkFitsModel } from "../adapters/fits-model.ts";
import { writeFolderAtomically } from "../files/atomic.ts";
import { readText } from "../files/read-text.ts";
import { readSafetensors, writeSafetensors, type SafetensorsEntry, type TensorData } from "../files/safetensors.ts";
import { UniArmError } from "../schema/error.ts";
import { CheckpointManifest } from "../schema/manifest.ts";
import { methodOf } from "../schema/method.ts";
import type { ModelConfig } from "../schema/model.ts";
import { openEngine } from "../tensor/engine.ts";
import { adapterData, adapterFromTensors } from "./adapter-file.ts";
import { ADAPTER_FILE, MANIFEST_FILE, requireCheckpoint } from "./find.ts";
import { writeResume, type ResumeState } from "./resume.ts";

/** ARMs as they lie on the disk: manifest.json says what the tensors of adapter.safetensors mean. */
export interface Checkpoint {
  /** the checkpoint's own folder */
  folder: string;
  manifest: CheckpointManifest;
  /** one adapter, or one per objective in their order; the caller disposes them */
  arms: Adapter[];
}

export interface CheckpointContent {
  manifest: CheckpointManifest;
  arms: readonly Adapter[];
  /** what continues the run from here */
  resume?: ResumeState;
}

/**
 * Writes a checkpoint folder whole or not at all. Equal content gives equal bytes.
 * @throws UniArmError checkpoint-arms-mismatch when the adapters are not those that the manifest describes
 */
export async function saveCheckpoint(folder: string, { manifest, arms, resume }: CheckpointContent): Promise<void> {
  checkArms(manifest, arms);
  const tensors: Record<string, TensorData> = {};
  for (const [index, arm] of arms.entries()) {
    for (const [name, tensor] of Object.entries(await adapterData(arm)))
      tensors[`${prefixOf(manifest, index)}${name}`] = tensor;
  }
  const json = `${JSON.stringify(CheckpointManifest.parse(manifest), null, 2)}\n`;
  await writeFolderAtomically(folder, async (partial) => {
    await writeSafetensors(join(partial, ADAPTER_FILE), tensors, { format: "pt" });
    if (resume) await writeResume(partial, resume);
    await writeFile(join(partial, MANIFEST_FILE), json);
  });
}

/**
 * Reads a checkpoint folder, or the newest complete checkpoint of a run folder. Opens the engine when none is open.
 * @param options.model the adapters must fit it
 * @throws UniArmError checkpoint-missing, checkpoint-manifest-invalid, checkpoint-tensor-*, safetensors-*, adapter-model-mismatch
 */
export async function loadCheckpoint(folder: string, options: { model?: ModelConfig } = {}): Promise<Checkpoint> {
  const found = await requireCheckpoint(folder);
  const manifest = await readManifest(found);
  const where = join(found, ADAPTER_FILE);
  const { tensors } = await readSafetensors(where);
  await openEngine();
  const objectiveCount = objectivesOfAnArm(manifest);
  const parts = splitByArm(manifest, tensors, where);
  const arms: Adapter[] = [];
  try {
    for (const part of parts) {
      const arm = adapterFromTensors(manifest.adapter, part, { objectiveCount, where });
      arms.push(arm);
      if (options.model) checkFitsModel(arm, options.model);
    }
  } catch (error) {
    for (const arm of arms) arm.dispose();
    throw error;
  }
  return { folder: found, manifest, arms };
}

/**
 * The manifest of a checkpoint folder, or of a run folder's newest complete checkpoint.
 * @throws UniArmError checkpoint-missing, checkpoint-manifest-invalid
 */
export async function readManifest(folder: string): Promise<CheckpointManifest> {
  const path = join(await requireCheckpoint(folder), MANIFEST_FILE);
  const invalid = (why: string, cause?: unknown): UniArmError =>
    new UniArmError(
      "checkpoint-manifest-invalid",
      `${path} is not a checkpoint's manifest: ${why}. Use a checkpoint that uniarm train wrote.`,
      { cause },
    );
  let json: unknown;
  try {
    json = JSON.parse(await readText(path));
  } catch (cause) {
    throw invalid(`it is not JSON (${(cause as Error).message})`, cause);
  }
  const parsed = CheckpointManifest.safeParse(json);
  if (!parsed.success) throw invalid(z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, " "), parsed.error);
  return parsed.data;
}

/** Several adapters in one file are told apart by their objective's name, or by their place among the weights. */
function prefixOf({ method, objectives }: CheckpointManifest, arm: number): string {
  const { arms } = methodOf(method);
  if (arms === "one") return "";
  return `arms.${arms === "per-objective" ? objectives[arm]!.name : arm}.`;
}

function splitByArm(
  manifest: CheckpointManifest,
  tensors: ReadonlyMap<string, SafetensorsEntry>,
  where: string,
): Map<string, SafetensorsEntry>[] {
  const prefixes = Array.from({ length: armCount(manifest) }, (_, arm) => prefixOf(manifest, arm));
  const stray = [...tensors.keys()].find((name) => !prefixes.some((prefix) => name.startsWith(prefix)));
  if (stray !== undefined) {
    throw new UniArmError(
      "checkpoint-tensor-unexpected",
      `${where} has tensor ${stray}, which belongs to none of its ${prefixes.length} ARMs (${prefixes.join(", ")}). Use the adapter and the manifest of one checkpoint.`,
    );
  }
  return prefixes.map((prefix) => {
    const own = [...tensors].filter(([name]) => name.startsWith(prefix));
    return new Map(own.map(([name, entry]) => [name.slice(prefix.length), entry]));
  });
}

const armCount = ({ method, objectives, armWeights }: CheckpointManifest): number =>
  ({ one: 1, "per-objective": objectives.length, "per-weights": armWeights?.length ?? 0 })[methodOf(method).arms];
const objectivesOfAnArm = ({ method, objectives }: CheckpointManifest): number =>
  methodOf(method).arms === "one" ? objectives.length : 1;

function checkArms(manifest: CheckpointManifest, arms: readonly Adapter[]): void {
  const expected = armCount(manifest);
  const objectives = objectivesOfAnArm(manifest);
  const fail = (what: string): never => {
    throw new UniArmError(
      "checkpoint-arms-mismatch",
      `The checkpoint of method ${manifest.method} cannot be written: ${what}.`,
    );
  };
  if (arms.length !== expected) fail(`there are ${arms.length} adapters, expected ${expected}`);
  for (const { config, objectiveCount } of arms) {
    if (config.kind !== manifest.adapter.kind)
      fail(`an adapter is ${config.kind}, the manifest says ${manifest.adapter.kind}`);
    if (objectiveCount !== objectives) fail(`an adapter is for ${objectiveCount} objectives, expected ${objectives}`);
  }
}

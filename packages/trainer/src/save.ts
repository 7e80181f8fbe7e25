import { createRequire } from "node:module";
import { checkpointFolder, openEngine, pruneCheckpoints, saveCheckpoint, tf } from "@uniarm/core";
import type { CheckpointManifest } from "@uniarm/core/schema";
import { adapterConfigOf } from "./arms.ts";
import { resumeState } from "./resume.ts";
import type { Session } from "./session.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * Saves the run as it is after `step` optimizer steps and removes checkpoints that are no longer kept -> the new checkpoint's
 * folder. What it saves was found sound before.
 */
export async function saveSession(
  session: Session,
  { step, skipped, random }: Omit<Snapshot, "arms">,
): Promise<string> {
  const { config, model, arms, totalSteps, pairsSha256 } = session;
  const optimizers = await Promise.all(arms.map(({ optimizer }) => optimizer.state()));
  const manifest: CheckpointManifest = {
    format: "uniarm-checkpoint",
    formatVersion: 1,
    method: config.method,
    objectives: config.objectives,
    baseModel: { sha256: model.sha256, folder: config.model },
    adapter: adapterConfigOf(config),
    training: config,
    importedFrom: null,
    promptFormat: config.promptFormat,
    templateVars: config.templateVars,
    step,
    seed: config.seed,
    versions: await versions(),
  };
  const folder = checkpointFolder(config.output, step);
  await saveCheckpoint(folder, {
    manifest,
    arms: arms.map(({ adapter }) => adapter),
    resume: resumeState({ step, totalSteps, skipped, pairsSha256, optimizers, random }, config.batchPairs),
  });
  await pruneCheckpoints(config.output, config.keepCheckpoints);
  return folder;
}

/** Versions of everything that makes a checkpoint. */
async function versions(): Promise<Record<string, string>> {
  const { version } = createRequire(import.meta.url)("../package.json") as { version: string };
  const engine = await openEngine();
  return {
    uniarm: version,
    tfjs: tf.version_core,
    engine: `${engine.name} ${engine.version}`,
    node: process.versions.node,
  };
}

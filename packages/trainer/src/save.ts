import { createRequire } from "node:module";
import { join } from "node:path";
import { checkpointFolder, openEngine, pruneCheckpoints, saveCheckpoint, tf } from "@uniarm/core";
import type { CheckpointManifest } from "@uniarm/core/schema";
import { adapterConfigOf, armWeightsOf, savedAdapter } from "./arms.ts";
import { resumeState } from "./resume.ts";
import type { Session } from "./session.ts";
import type { Snapshot } from "./snapshot.ts";

/** Where a run keeps the adapters with the best value of `keepBest`, below its folder. */
export const BEST_FOLDER = "best";

/**
 * Saves the run as it is after `step` optimizer steps and removes checkpoints that are no longer kept -> the new checkpoint's
 * folder. What it saves was found sound before.
 */
export async function saveSession(
  session: Session,
  { step, skipped, random, watch }: Omit<Snapshot, "arms">,
): Promise<string> {
  const { config, arms, totalSteps, pairsSha256 } = session;
  const states = await Promise.all(
    arms.map(async ({ optimizer, average }) => ({
      optimizer: await optimizer.state(),
      trained: (await average?.trained()) ?? null,
    })),
  );
  const folder = checkpointFolder(config.output, step);
  await saveCheckpoint(folder, {
    manifest: await manifestOf(session, step),
    arms: arms.map(savedAdapter),
    resume: resumeState({ step, totalSteps, skipped, pairsSha256, arms: states, random, watch }, config.batchPairs),
  });
  await pruneCheckpoints(config.output, config.keepCheckpoints);
  return folder;
}

/** Keeps the adapters as they are as the best of the run, to decode with -> their folder. */
export async function saveBest(session: Session, step: number): Promise<string> {
  const folder = join(session.config.output, BEST_FOLDER);
  await saveCheckpoint(folder, { manifest: await manifestOf(session, step), arms: session.arms.map(savedAdapter) });
  return folder;
}

async function manifestOf({ config, model }: Session, step: number): Promise<CheckpointManifest> {
  const armWeights = armWeightsOf(config);
  return {
    format: "uniarm-checkpoint",
    formatVersion: 1,
    method: config.method,
    objectives: config.objectives,
    baseModel: { sha256: model.sha256, folder: config.model },
    adapter: adapterConfigOf(config),
    ...(armWeights ? { armWeights } : {}),
    training: config,
    importedFrom: null,
    promptFormat: config.promptFormat,
    templateVars: config.templateVars,
    step,
    seed: config.seed,
    versions: await versions(),
  };
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

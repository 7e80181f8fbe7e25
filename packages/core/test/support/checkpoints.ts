import type { Adapter } from "../../src/adapters/adapter.ts";
import { createAdapter } from "../../src/adapters/create.ts";
import { saveCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { AdapterConfig } from "../../src/schema/adapter.ts";
import { CheckpointManifest } from "../../src/schema/manifest.ts";
import { methodOf, type Method } from "../../src/schema/method.ts";
import { TrainingConfig } from "../../src/schema/training.ts";
import { createRandom } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";
import { TINY_CONFIG } from "../../src/testing/index.ts";

export const OBJECTIVES = [
  { name: "helpful", description: "Give useful steps.", direction: "maximize" as const },
  { name: "harmless", description: "Stay away from danger.", direction: "maximize" as const },
];
export const SHA256 = "ab".repeat(32);

export function manifestOf(method: Method, step = 40): CheckpointManifest {
  const training = TrainingConfig.parse({
    method,
    model: "models/tiny",
    pairs: "pairs.jsonl",
    output: "runs/one",
    objectives: OBJECTIVES,
  });
  return CheckpointManifest.parse({
    format: "uniarm-checkpoint",
    formatVersion: 1,
    method,
    objectives: OBJECTIVES,
    training,
    step,
    seed: 0,
    baseModel: { sha256: SHA256, folder: "models/tiny" },
    versions: { uniarm: "0" },
    adapter: AdapterConfig.parse({ kind: methodOf(method).adapter }),
  });
}

/** ARMs on the tiny model whose every tensor is random. */
export function armsOf(method: Method): Adapter[] {
  const count = method === "genarm" ? OBJECTIVES.length : 1;
  return Array.from({ length: count }, (_, arm) => {
    const random = createRandom(arm + 1);
    const adapter = createAdapter(AdapterConfig.parse({ kind: methodOf(method).adapter }), TINY_CONFIG, {
      objectiveCount: method === "genarm" ? 1 : OBJECTIVES.length,
      random,
      objectiveVectors: OBJECTIVES.map(() => Array.from({ length: TINY_CONFIG.hiddenSize }, () => random.normal())),
    });
    for (const variable of Object.values(adapter.tensors)) {
      tf.tidy(() => {
        variable.assign(
          tf.tensor(
            Float32Array.from({ length: variable.size }, () => random.normal()),
            variable.shape,
          ),
        );
      });
    }
    return adapter;
  });
}

export const dispose = (arms: readonly Adapter[]): void => {
  for (const arm of arms) arm.dispose();
};

export async function save(method: Method, path: string, step = 40): Promise<void> {
  const arms = armsOf(method);
  await saveCheckpoint(path, { manifest: manifestOf(method, step), arms });
  dispose(arms);
}

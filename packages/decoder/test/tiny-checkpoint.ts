import { join } from "node:path";
import {
  createAdapter,
  createRandom,
  disposeTransformer,
  loadTransformer,
  saveCheckpoint,
  tf,
  type Adapter,
} from "@uniarm/core";
import { methodOf, AdapterConfig, CheckpointManifest, TrainingConfig, type Method } from "@uniarm/core/schema";
import { writeTinyModel } from "@uniarm/core/testing";

export const OBJECTIVES = [
  { name: "helpful", description: "Give useful steps." },
  { name: "harmless", description: "Stay away from danger." },
];

/** What the tiny checkpoints of `per-weights` methods were tuned for. */
export const ARM_WEIGHTS = [
  [0, 1],
  [0.5, 0.5],
  [1, 0],
];

/** A tiny base model in `folder`/model and, beside it, a checkpoint of adapters that do steer (all tensors random). */
export async function writeTinyWorld(folder: string, method: Method): Promise<{ model: string; checkpoint: string }> {
  const paths = { model: join(folder, "model"), checkpoint: join(folder, `checkpoint-${method}`) };
  await writeTinyModel(paths.model, { random: createRandom(3) });
  const model = await loadTransformer(paths.model);
  const { adapter: kind, arms: form } = methodOf(method);
  const config = AdapterConfig.parse({ kind });
  const count = { one: 1, "per-objective": OBJECTIVES.length, "per-weights": ARM_WEIGHTS.length }[form];
  const arms = Array.from({ length: count }, (_, arm) => {
    const random = createRandom(arm + 1);
    const width = model.config.hiddenSize;
    const objectiveVectors = OBJECTIVES.map((__, row) =>
      Array.from({ length: width }, (___, column) => (column === row ? 1 : 0)),
    );
    const adapter = createAdapter(config, model.config, {
      objectiveCount: form === "one" ? OBJECTIVES.length : 1,
      random,
      ...(kind === "moslora" ? { objectiveVectors } : {}),
    });
    randomise(adapter, arm + 1);
    return adapter;
  });
  const training = {
    method,
    model: paths.model,
    pairs: "pairs.jsonl",
    output: folder,
    objectives: OBJECTIVES,
    ...(form === "per-weights" ? { marginFrom: "dpo", weightVectors: ARM_WEIGHTS } : {}),
  };
  const manifest = CheckpointManifest.parse({
    format: "uniarm-checkpoint",
    formatVersion: 1,
    method,
    objectives: OBJECTIVES,
    baseModel: { sha256: model.sha256, folder: paths.model },
    adapter: config,
    ...(form === "per-weights" ? { armWeights: ARM_WEIGHTS } : {}),
    training: TrainingConfig.parse(training),
    step: 1,
    seed: 0,
    versions: { uniarm: "0" },
  });
  await saveCheckpoint(paths.checkpoint, { manifest, arms });
  for (const arm of arms) arm.dispose();
  disposeTransformer(model);
  return paths;
}

/** A fresh adapter's last factor is zero and changes nothing. */
function randomise(adapter: Adapter, seed: number): void {
  for (const [name, variable] of Object.entries(adapter.tensors)) {
    const random = createRandom(seed).fork(name);
    const values = Float32Array.from({ length: variable.size }, () => 0.5 * random.normal());
    tf.tidy(() => {
      variable.assign(tf.tensor(values, variable.shape));
    });
  }
}

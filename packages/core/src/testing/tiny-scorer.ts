import { rm } from "node:fs/promises";
import { createAdapter } from "../adapters/create.ts";
import { exportClassifier } from "../checkpoint/export-classifier.ts";
import { readModelConfig } from "../model/model-folder.ts";
import { LINEAR_MODULES, ScorerConfig } from "../schema/adapter.ts";
import { createRandom } from "../tensor/random.ts";
import * as tf from "../tensor/tf.ts";
import { writeTinyModel, type TinyModelOptions } from "./tiny-model.ts";

/** Writes the model folder of a tiny scorer, as a training writes it; every weight is drawn, so that none hides behind a zero. */
export async function writeTinyScorer(
  folder: string,
  labels: readonly string[],
  options: Omit<TinyModelOptions, "trainable"> = {},
): Promise<void> {
  const base = `${folder}-base`;
  await writeTinyModel(base, { random: createRandom(3), ...options });
  const config = ScorerConfig.parse({ kind: "scorer", rank: 3, targets: LINEAR_MODULES });
  const random = createRandom(11);
  const adapter = createAdapter(config, await readModelConfig(base), { objectiveCount: labels.length, random });
  try {
    for (const [name, variable] of Object.entries(adapter.tensors))
      tf.tidy(() => {
        const own = random.fork(`${name} moved`);
        const values = Float32Array.from({ length: variable.size }, () => 0.3 * own.normal());
        variable.assign(tf.tensor(values, variable.shape));
      });
    await exportClassifier(folder, base, adapter, { labels, promptFormat: "auto", templateVars: {} });
  } finally {
    adapter.dispose();
    await rm(base, { recursive: true });
  }
}

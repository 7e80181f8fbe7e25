import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../files/atomic.ts";
import { writeSafetensors } from "../files/safetensors.ts";
import { openWeights, WEIGHTS_FILE } from "../files/sharded.ts";
import { UniArmError } from "../schema/error.ts";
import type { ModelConfig } from "../schema/model.ts";
import { openEngine } from "../tensor/engine.ts";
import type { FloatType } from "../tensor/native.ts";
import { biasPlan } from "./bias-plan.ts";
import { buildTransformer } from "./build.ts";
import { configJson } from "./config-json.ts";
import { fileSource } from "./file-source.ts";
import { transformerTensors } from "./held-tensors.ts";
import { CONFIG_FILE, hashFiles, readModelConfig } from "./model-folder.ts";
import type { Transformer } from "./transformer.ts";
import type { TensorRecord } from "./weight-source.ts";

export interface LoadOptions {
  trainable?: boolean;
  /** false: without the language-model head, for classifiers' backbones */
  head?: boolean;
  /** How a frozen model's matrices are held. Default: float32, exact; `defaultBaseWeights()` knows what is fast. */
  baseWeights?: FloatType | undefined;
}

/**
 * Reads a Hugging Face model folder (config.json, safetensors in one file or sharded), one matrix at a time. Opens the
 * engine when none is open.
 * @throws UniArmError model-missing-file, model-unsupported, model-config-invalid, model-index-invalid, model-pickle, model-tensor-missing, model-tensor-shape, base-weights-unsupported, safetensors-*
 */
export async function loadTransformer(folder: string, options: LoadOptions = {}): Promise<Transformer> {
  const config = await readModelConfig(folder);
  const { paths, tensors } = await openWeights(folder);
  await openEngine();
  const { trainable = false, head = true, baseWeights = "float32" } = options;
  return buildTransformer(config, fileSource(config, tensors), {
    trainable,
    head,
    baseWeights,
    folder,
    sha256: await hashFiles(paths),
  });
}

/**
 * Writes config.json and model.safetensors; other files of the folder (the tokenizer's) stay.
 * @throws UniArmError model-unsupported for GPT-2, whose tensors have other names; model-bias-unsupported
 */
export async function saveTransformer(folder: string, model: Transformer): Promise<void> {
  if (model.config.modelType === "gpt2") {
    throw new UniArmError(
      "model-unsupported",
      `${folder} cannot be written: GPT-2 models are read, not written. Use a Llama-like model.`,
    );
  }
  const tensors = await transformerTensors(model);
  const biases = completeBiases(model.config, tensors);
  await mkdir(folder, { recursive: true });
  await writeSafetensors(join(folder, WEIGHTS_FILE), tensors, { format: "pt" });
  await writeFileAtomically(
    join(folder, CONFIG_FILE),
    `${JSON.stringify(configJson(model.config, biases), null, 2)}\n`,
  );
}

/** Zeros for the biases that the published classes expect beside those that are there. @throws UniArmError model-bias-unsupported */
function completeBiases(config: ModelConfig, tensors: TensorRecord): { attention: boolean; mlp: boolean } {
  const { needed, attention, mlp } = biasPlan(config, (module) => tensors[`model.${module}.bias`] !== undefined);
  for (const { module, size } of needed)
    tensors[`model.${module}.bias`] ??= { shape: [size], data: new Float32Array(size) };
  return { attention, mlp };
}

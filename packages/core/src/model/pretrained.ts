import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../files/atomic.ts";
import { writeSafetensors } from "../files/safetensors.ts";
import { openWeights, WEIGHTS_FILE } from "../files/sharded.ts";
import type { BaseWeights } from "../schema/base-weights.ts";
import { UniArmError } from "../schema/error.ts";
import { MODEL_TYPES, type ModelConfig } from "../schema/model.ts";
import { openEngine } from "../tensor/engine.ts";
import { biasPlan } from "./bias-plan.ts";
import { buildTransformer } from "./build.ts";
import { configJson } from "./config-json.ts";
import { FAMILIES } from "./family.ts";
import { fileSource } from "./file-source.ts";
import { transformerTensors } from "./held-tensors.ts";
import { CONFIG_FILE, hashFiles, readModelConfig } from "./model-folder.ts";
import { withHeadOfFiles } from "./tied-head.ts";
import type { Transformer } from "./transformer.ts";
import type { TensorRecord } from "./weight-source.ts";

export interface LoadOptions {
  trainable?: boolean;
  /** false: without the language-model head, for classifiers' backbones */
  head?: boolean;
  /** How a frozen model's matrices are held. Default: float32, exact; `defaultBaseWeights()` knows what is fast. */
  baseWeights?: BaseWeights | undefined;
}

/**
 * Reads a Hugging Face model folder (config.json, safetensors in one file or sharded), one matrix at a time. Opens the
 * engine when none is open.
 * @throws UniArmError model-missing-file, model-unsupported, model-config-invalid, model-index-invalid, model-pickle, model-tensor-missing, model-tensor-shape, base-weights-unsupported, quantized-unsupported, quantized-not-finite, safetensors-*
 */
export async function loadTransformer(folder: string, options: LoadOptions = {}): Promise<Transformer> {
  const said = await readModelConfig(folder);
  const { paths, tensors } = await openWeights(folder);
  await openEngine();
  const { trainable = false, head = true, baseWeights = "float32" } = options;
  const { config, notices } = head ? withHeadOfFiles(said, tensors) : { config: said, notices: [] };
  return buildTransformer(config, fileSource(config, tensors), {
    trainable,
    head,
    baseWeights,
    folder,
    sha256: await hashFiles(paths),
    notices,
  });
}

/**
 * Writes config.json and model.safetensors; other files of the folder (the tokenizer's) stay.
 * @throws UniArmError model-unsupported for types that are read only; model-bias-unsupported
 */
export async function saveTransformer(folder: string, model: Transformer): Promise<void> {
  checkIsWritten(model.config, folder);
  const tensors = await transformerTensors(model);
  const biases = completeBiases(model.config, tensors);
  await mkdir(folder, { recursive: true });
  await writeSafetensors(join(folder, WEIGHTS_FILE), tensors, { format: "pt" });
  await writeFileAtomically(
    join(folder, CONFIG_FILE),
    `${JSON.stringify(configJson(model.config, biases), null, 2)}\n`,
  );
}

/** @throws UniArmError model-unsupported */
export function checkIsWritten({ modelType }: ModelConfig, folder: string): void {
  if (FAMILIES[modelType].isWritten) return;
  const written = MODEL_TYPES.filter((type) => FAMILIES[type].isWritten).join(", ");
  throw new UniArmError(
    "model-unsupported",
    `${folder} cannot be written: models of type ${modelType} are read, not written. Types that are written: ${written}.`,
  );
}

/** Zeros for the biases that the published classes expect beside those that are there. @throws UniArmError model-bias-unsupported */
function completeBiases(config: ModelConfig, tensors: TensorRecord): { attention: boolean; mlp: boolean } {
  const { needed, attention, mlp } = biasPlan(config, (module) => tensors[`model.${module}.bias`] !== undefined);
  for (const { module, size } of needed)
    tensors[`model.${module}.bias`] ??= { shape: [size], data: new Float32Array(size) };
  return { attention, mlp };
}

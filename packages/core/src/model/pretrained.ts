import { createHash } from "node:crypto";
import { mkdir, open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../checkpoint/atomic.ts";
import { writeSafetensors } from "../checkpoint/safetensors.ts";
import { openWeights, WEIGHTS_FILE } from "../checkpoint/sharded.ts";
import type { ModelConfig } from "../schema/model.ts";
import { UniArmError } from "../schema/error.ts";
import { openEngine } from "../tensor/engine.ts";
import type { FloatType } from "../tensor/native.ts";
import { biasPlan } from "./bias-plan.ts";
import { buildTransformer, transformerTensors, type TensorRecord } from "./build.ts";
import { configJson, parseConfigJson } from "./config-json.ts";
import { fileSource } from "./file-source.ts";
import type { Transformer } from "./transformer.ts";

const CONFIG_FILE = "config.json";

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

/** config.json of a model folder. @throws UniArmError model-missing-file, model-config-invalid, model-unsupported */
export async function readModelConfig(folder: string): Promise<ModelConfig> {
  return parseConfigJson(await readConfigJson(folder), join(folder, CONFIG_FILE));
}

/** The JSON of config.json. @throws UniArmError model-missing-file, model-config-invalid */
export async function readConfigJson(folder: string): Promise<unknown> {
  await requireFile(folder, CONFIG_FILE);
  const path = join(folder, CONFIG_FILE);
  const { size } = await stat(path);
  if (size > CONFIG_LIMIT_BYTES)
    throw new UniArmError("model-config-invalid", `${path} has ${size} bytes; the limit is ${CONFIG_LIMIT_BYTES}.`);
  const text = await readFile(path, "utf8");
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UniArmError("model-config-invalid", `${path} is not JSON: ${(cause as Error).message}.`, { cause });
  }
}

/** Published ones have a few kilobytes. */
const CONFIG_LIMIT_BYTES = 16 * 1024 * 1024;

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

/**
 * sha256 of the bytes of the weights: config.json may change its layout, the weights may not. Of several files, one after
 * the other in the order of their names.
 * @throws UniArmError as `openWeights` does
 */
export async function hashModel(folder: string): Promise<string> {
  await requireFile(folder, CONFIG_FILE);
  return hashFiles((await openWeights(folder)).paths);
}

/** sha256 of files, one after the other. */
export async function hashFiles(paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  const bytes = Buffer.allocUnsafe(HASHED_BYTES); // one for all: a stream would leave the size of the model as garbage
  for (const path of paths) {
    const file = await open(path);
    try {
      let read = 0;
      do {
        read = (await file.read(bytes)).bytesRead;
        hash.update(bytes.subarray(0, read));
      } while (read > 0);
    } finally {
      await file.close();
    }
  }
  return hash.digest("hex");
}

/** read at a time */
const HASHED_BYTES = 1024 * 1024;

/** Zeros for the biases that the published classes expect beside those that are there. @throws UniArmError model-bias-unsupported */
function completeBiases(config: ModelConfig, tensors: TensorRecord): { attention: boolean; mlp: boolean } {
  const { needed, attention, mlp } = biasPlan(config, (module) => tensors[`model.${module}.bias`] !== undefined);
  for (const { module, size } of needed)
    tensors[`model.${module}.bias`] ??= { shape: [size], data: new Float32Array(size) };
  return { attention, mlp };
}

async function requireFile(folder: string, name: string): Promise<void> {
  const isFolder = await stat(folder).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  if (!isFolder) {
    throw new UniArmError(
      "model-missing-file",
      `There is no model folder ${folder}. A model folder holds ${CONFIG_FILE}, ${WEIGHTS_FILE} and tokenizer.json.`,
    );
  }
  const isFile = await stat(join(folder, name)).then(
    (entry) => entry.isFile(),
    () => false,
  );
  if (!isFile) {
    throw new UniArmError(
      "model-missing-file",
      `Model folder ${folder} has no ${name}. A model folder holds ${CONFIG_FILE}, ${WEIGHTS_FILE} and tokenizer.json.`,
    );
  }
}

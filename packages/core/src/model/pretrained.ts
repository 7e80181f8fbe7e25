import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { writeFileAtomically } from "../checkpoint/atomic.ts";
import { indexSafetensors, writeSafetensors } from "../checkpoint/safetensors.ts";
import type { ModelConfig } from "../schema/model.ts";
import { UniArmError } from "../schema/error.ts";
import { openEngine } from "../tensor/engine.ts";
import type { FloatType } from "../tensor/native.ts";
import { buildTransformer, transformerTensors, type TensorRecord } from "./build.ts";
import { configJson, parseConfigJson } from "./config-json.ts";
import { fileSource } from "./file-source.ts";
import { linearPlaces, moduleName } from "./tensor-names.ts";
import type { Transformer } from "./transformer.ts";

const CONFIG_FILE = "config.json";
const WEIGHTS_FILE = "model.safetensors";

export interface LoadOptions {
  trainable?: boolean;
  /** How a frozen model's matrices are held. Default: float32, exact; `defaultBaseWeights()` knows what is fast. */
  baseWeights?: FloatType | undefined;
}

/**
 * Reads a Hugging Face model folder (config.json, model.safetensors), one matrix at a time. Opens the engine when none is
 * open.
 * @throws UniArmError model-missing-file, model-unsupported, model-config-invalid, model-tensor-missing, model-tensor-shape, base-weights-unsupported, safetensors-*
 */
export async function loadTransformer(folder: string, options: LoadOptions = {}): Promise<Transformer> {
  const config = await readModelConfig(folder);
  await requireFile(folder, WEIGHTS_FILE);
  await openEngine();
  const index = await indexSafetensors(join(folder, WEIGHTS_FILE));
  const { trainable = false, baseWeights = "float32" } = options;
  return buildTransformer(config, fileSource(index), {
    trainable,
    baseWeights,
    folder,
    sha256: await hashModel(folder),
  });
}

/** config.json of a model folder. @throws UniArmError model-missing-file, model-config-invalid, model-unsupported */
export async function readModelConfig(folder: string): Promise<ModelConfig> {
  await requireFile(folder, CONFIG_FILE);
  const path = join(folder, CONFIG_FILE);
  const text = await readFile(path, "utf8");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new UniArmError("model-config-invalid", `${path} is not JSON: ${(cause as Error).message}.`, { cause });
  }
  return parseConfigJson(json, path);
}

/** Writes config.json and model.safetensors; other files of the folder (the tokenizer's) stay. */
export async function saveTransformer(folder: string, model: Transformer): Promise<void> {
  const tensors = await transformerTensors(model);
  const biases = completeBiases(model.config, tensors);
  await mkdir(folder, { recursive: true });
  await writeSafetensors(join(folder, WEIGHTS_FILE), tensors, { format: "pt" });
  await writeFileAtomically(
    join(folder, CONFIG_FILE),
    `${JSON.stringify(configJson(model.config, biases), null, 2)}\n`,
  );
}

/** sha256 of the bytes of model.safetensors: config.json may change its layout, the weights may not. */
export async function hashModel(folder: string): Promise<string> {
  await requireFile(folder, WEIGHTS_FILE);
  const hash = createHash("sha256");
  await pipeline(createReadStream(join(folder, WEIGHTS_FILE)), hash);
  return hash.digest("hex");
}

/** The published class knows biases per block, not per module: where one module has a bias, the others get zeros. */
function completeBiases(config: ModelConfig, tensors: TensorRecord): { attention: boolean; mlp: boolean } {
  const complete = (block: "self_attn" | "mlp"): boolean => {
    const places = linearPlaces(config).filter((place) => place.block === block);
    const layers = Array.from({ length: config.layers }, (_, layer) => layer);
    const names = layers.flatMap((layer) =>
      places.map((place) => ({ name: `model.${moduleName(layer, place)}.bias`, size: place.shape[0] })),
    );
    if (!names.some(({ name }) => tensors[name])) return false;
    for (const { name, size } of names) tensors[name] ??= { shape: [size], data: new Float32Array(size) };
    return true;
  };
  return { attention: complete("self_attn"), mlp: complete("mlp") };
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

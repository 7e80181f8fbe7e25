import { basename } from "node:path";
import { openWeights } from "../files/sharded.ts";
import type { BaseWeights } from "../schema/base-weights.ts";
import type { ModelConfig } from "../schema/model.ts";
import { BLOCK_FORMATS, isBlockFormat, QUANTIZED_WEIGHTS, type QuantizedWeights } from "../tensor/quantized.ts";
import { hasBias } from "./bias-plan.ts";
import { readModelConfig } from "./model-folder.ts";
import { publishedNames } from "./published-names.ts";
import { requiredTensors, TENSOR } from "./tensor-names.ts";
import { withHeadOfFiles } from "./tied-head.ts";

/** What a model folder holds, read from config.json and the headers of its weights (and a head that may be the embedding). */
export interface ModelInspection {
  config: ModelConfig;
  /** what the user should know of how the files are read */
  notices: string[];
  /** file names */
  files: string[];
  /** numbers in the tensors that the model needs */
  parameters: number;
  /** stored dtype -> its share of the parameters' count */
  dtypes: Record<string, number>;
  /** tensors that the model needs and the files lack; a classifier's backbone has no head */
  missing: string[];
  /** tensors that the model does not use */
  unused: string[];
  memory: ModelMemory[];
}

/** Bytes that a loaded model takes on an engine: an estimate from shapes, without what the engine itself takes. */
export interface ModelMemory {
  engine: "tensorflow" | "wasm";
  baseWeights: BaseWeights;
  weightsBytes: number;
  /** what loading leaves until JavaScript collects it: the largest tensor that it converts, as it was read and as it is held */
  loadingBytes: number;
  /** keys and values of 1,000 tokens of one row */
  cacheBytesPer1000Tokens: number;
}

/** @throws UniArmError as `readModelConfig` and `openWeights` do */
export async function inspectModel(folder: string): Promise<ModelInspection> {
  const said = await readModelConfig(folder);
  const { paths, tensors } = await openWeights(folder);
  const { config, notices } = withHeadOfFiles(said, tensors);
  const publishedOf = publishedNames(config, (name) => tensors.has(name));
  const needed = requiredTensors(config);
  const names = new Set(needed.map(({ name }) => publishedOf(name).name));
  for (const { name } of needed) {
    const [, module] = /^model\.(layers\..+_proj)\.weight$/.exec(name) ?? [];
    const bias = module !== undefined && hasBias(config, module) ? publishedOf(`model.${module}.bias`).name : "";
    if (tensors.has(bias)) names.add(bias);
  }
  const dtypes: Record<string, number> = {};
  let [parameters, matrices, vectors] = [0, 0, 0];
  const own = { numbers: 0, bytes: 0 }; // blocks that stay as they are
  const converted = { numbers: 0, bytes: 0 }; // the largest tensor that the engine does not read itself
  for (const name of names) {
    const tensor = tensors.get(name);
    if (!tensor) continue;
    const count = tensor.shape.reduce((product, axis) => product * axis, 1);
    dtypes[tensor.dtype] = (dtypes[tensor.dtype] ?? 0) + count;
    parameters += count;
    if (!ENGINE_TYPES.has(tensor.dtype) && count > converted.numbers)
      Object.assign(converted, { numbers: count, bytes: tensor.end - tensor.begin });
    if (tensor.shape.length > 1) matrices += count;
    else vectors += count;
    if (tensor.shape.length > 1 && isBlockFormat(tensor.dtype)) {
      own.numbers += count;
      own.bytes += tensor.end - tensor.begin;
    }
  }
  const isUsed = (name: string): boolean =>
    names.has(name) || (config.tiedEmbeddings && name === publishedOf(TENSOR.head).name);
  return {
    config,
    notices,
    files: paths.map((path) => basename(path)),
    parameters,
    dtypes,
    missing: [...names].filter((name) => !tensors.has(name)),
    unused: [...tensors.keys()].filter((name) => !isUsed(name)),
    memory: modelMemory(config, { matrices, vectors, own, converted }),
  };
}

/** Without what fills up the last block of a row. */
function quantizedBytes(weights: QuantizedWeights, numbers: number): number {
  const { bytes, columns } = BLOCK_FORMATS[QUANTIZED_WEIGHTS[weights]];
  return (numbers * bytes) / columns;
}

const NONE = { numbers: 0, bytes: 0 };
const ENGINE_TYPES = new Set(["F32", "F16", "BF16"]);

/** How many numbers of a model are in matrices and in vectors. */
export interface NumberCounts {
  matrices: number;
  vectors: number;
  /** those of `matrices` whose blocks stay as they are */
  own?: { numbers: number; bytes: number };
  /** the largest tensor that JavaScript converts */
  converted?: { numbers: number; bytes: number };
}

/** What a model takes on each engine and by each type. wasm keeps every matrix of a layer a second time, turned, and knows no bfloat16. */
export function modelMemory(
  config: ModelConfig,
  { matrices, vectors, own = NONE, converted = NONE }: NumberCounts,
): ModelMemory[] {
  const cached = 1000 * 2 * config.layers * config.keyValueHeads * config.headSize;
  const embedding = config.vocabularySize * config.hiddenSize;
  const positions = config.rope ? 0 : config.contextTokens * config.hiddenSize; // are not quantized
  return [
    {
      engine: "tensorflow",
      baseWeights: "bfloat16",
      weightsBytes: 2 * matrices + 4 * vectors,
      loadingBytes: converted.bytes + 2 * converted.numbers,
      cacheBytesPer1000Tokens: 2 * cached,
    },
    {
      engine: "tensorflow",
      baseWeights: "float32",
      weightsBytes: 4 * (matrices + vectors),
      loadingBytes: converted.bytes + 4 * converted.numbers,
      cacheBytesPer1000Tokens: 4 * cached,
    },
    ...(["int8", "int4"] as const).map((baseWeights) => ({
      engine: "tensorflow" as const,
      baseWeights,
      weightsBytes: Math.round(
        own.bytes + quantizedBytes(baseWeights, matrices - positions - own.numbers) + 4 * (positions + vectors),
      ),
      loadingBytes: 2 * converted.bytes,
      cacheBytesPer1000Tokens: 4 * cached,
    })),
    {
      engine: "wasm",
      baseWeights: "float32",
      weightsBytes: 4 * (2 * matrices + vectors - (config.tiedEmbeddings ? 0 : embedding)),
      loadingBytes: converted.bytes + 4 * converted.numbers,
      cacheBytesPer1000Tokens: 4 * cached,
    },
  ] satisfies ModelMemory[];
}

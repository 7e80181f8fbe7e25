import type { PlannedTensor, StoredDtype } from "../files/safetensors-writer.ts";
import type { StoredTensor } from "../files/stored-tensor.ts";
import { storedBytes } from "../files/stored-values.ts";
import { publishedNames } from "../model/published-names.ts";
import { requiredTensors, TENSOR } from "../model/tensor-names.ts";
import { UniArmError } from "../schema/error.ts";
import type { ModelConfig } from "../schema/model.ts";
import {
  BLOCK_FORMATS,
  isBlockFormat,
  QUANTIZED_WEIGHTS,
  quantizedBytes,
  requireBlocks,
  type QuantizedWeights,
} from "../tensor/quantized.ts";
import * as tf from "../tensor/tf.ts";

/**
 * The names of a model's matrices that files can hold in blocks: those that quantized base weights would be made of, and whose
 * rows are whole blocks. The loader quantizes the others when it reads them.
 * @throws UniArmError quantize-nothing, quantized-unsupported
 */
export function quantizable(config: ModelConfig, tensors: ReadonlyMap<string, StoredTensor>): Set<string> {
  requireBlocks();
  const publishedOf = publishedNames(config, (name) => tensors.has(name));
  const names = new Set<string>();
  for (const { name, shape } of requiredTensors(config)) {
    const { name: published, columns } = publishedOf(name);
    const stored = tensors.get(published);
    const isMatrix = shape.length === 2 && name !== TENSOR.positions && stored?.shape.length === 2;
    if (isMatrix && !columns && stored.layout?.kind !== "turned" && stored.shape[1]! % BLOCK === 0)
      names.add(published);
  }
  if (names.size > 1) return names;
  throw new UniArmError(
    "quantize-nothing",
    `Models of type ${config.modelType} with rows of ${config.hiddenSize} numbers cannot be written in blocks: a matrix's rows must lie as ` +
      `products read them, a multiple of ${BLOCK} long. Quantize it while it is loaded: --base-weights int8 or int4.`,
  );
}

const BLOCK = BLOCK_FORMATS.Q8_0.columns;

/** How a matrix is written: blocks that products read stay, for rounding them once more would only lose. */
export const blocksFor = ({ dtype }: StoredTensor, weights: QuantizedWeights): StoredDtype =>
  isBlockFormat(dtype) ? dtype : QUANTIZED_WEIGHTS[weights];

/** The bytes of a tensor that its file has in the blocks that are planned; null for others. */
export function blocksAsTheyAre(
  { name, dtype }: PlannedTensor,
  tensors: ReadonlyMap<string, StoredTensor>,
): Uint8Array | null {
  const stored = tensors.get(name);
  return stored?.dtype === dtype && isBlockFormat(dtype) ? storedBytes(stored) : null;
}

/** Values as the file is to have them: rounded to blocks where that is planned. */
export function written({ name, shape, dtype }: PlannedTensor, values: Float32Array): Float32Array | Uint8Array {
  if (!isBlockFormat(dtype) || dtype === "Q4_K") return values;
  return tf.tidy(() => quantizedBytes(tf.tensor2d(values, shape as [number, number]), dtype, name));
}

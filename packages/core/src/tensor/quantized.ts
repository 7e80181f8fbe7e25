import { UniArmError } from "../schema/error.ts";
import { cpuPathNumber } from "./cpu-path.ts";
import { executeOne, nativeOps, rawTensor, type Attributes, type FloatType } from "./native.ts";
import * as tf from "./tf.ts";

/**
 * Layouts of GGUF: so many numbers of a row share a scale and take so many bytes. `number` is the engine's name for it
 * (native/blocks.h).
 */
export const BLOCK_FORMATS = {
  Q8_0: { number: 0, columns: 32, bytes: 34 },
  Q4_0: { number: 1, columns: 32, bytes: 18 },
  Q4_1: { number: 2, columns: 32, bytes: 20 },
  Q4_K: { number: 3, columns: 256, bytes: 144 },
} as const;
export type BlockFormat = keyof typeof BLOCK_FORMATS;
export const isBlockFormat = (name: string): name is BlockFormat => Object.hasOwn(BLOCK_FORMATS, name);

/**
 * What the two kinds of base weights are. Q4_1 has a minimum beside the scale and errs by a fifth less than Q4_0 on weights
 * spread like a normal distribution, for a ninth more memory.
 */
export const QUANTIZED_WEIGHTS = { int8: "Q8_0", int4: "Q4_1" } as const satisfies Record<string, BlockFormat>;
export type QuantizedWeights = keyof typeof QUANTIZED_WEIGHTS;
export const isQuantized = (weights: string): weights is QuantizedWeights => weights in QUANTIZED_WEIGHTS;

/** A frozen weight [out, in] in blocks along `in`. It is never widened: products read it as it is. */
export interface QuantizedMatrix {
  readonly kind: "quantized";
  readonly outSize: number;
  readonly inSize: number;
  readonly format: BlockFormat;
  /** of the activations that it is multiplied with */
  readonly type: FloatType;
  /** the blocks of sixteen rows side by side, as the engine's products read them */
  readonly values: tf.Tensor1D;
}

/**
 * Values [out, in] rounded to blocks; the caller keeps the values and owns the result.
 * @throws UniArmError quantized-unsupported, quantized-not-finite
 */
export function quantize(
  values: tf.Tensor2D,
  format: "Q8_0" | "Q4_0" | "Q4_1",
  type: FloatType,
  name = "A matrix",
): QuantizedMatrix {
  const [outSize, inSize] = values.shape;
  const attributes = { T: { type }, format: { int: BLOCK_FORMATS[format].number } } as const;
  const blocks = finite(format, name, () => executeOne("UniarmQuantize", attributes, [values]));
  return { kind: "quantized", outSize, inSize, format, type: "float32", values: tf.keep(blocks) as tf.Tensor1D };
}

/**
 * Values [out, in] as the bytes that a file has of them, row after row: what `matrixOfBlocks` reads. `in` is a multiple of 32.
 * @throws UniArmError quantized-unsupported, quantized-not-finite
 */
export function quantizedBytes(values: tf.Tensor2D, format: "Q8_0" | "Q4_0" | "Q4_1", name = "A matrix"): Uint8Array {
  const { number, columns, bytes } = BLOCK_FORMATS[format];
  const attributes = { format: { int: number } };
  const fours = finite(format, name, () => executeOne("UniarmQuantizeToBytes", attributes, [values]));
  try {
    const { buffer, byteOffset } = fours.dataSync<"int32">();
    return new Uint8Array(buffer, byteOffset, (values.size / columns) * bytes);
  } finally {
    fours.dispose();
  }
}

/**
 * A matrix [out, in] of a GGUF file's own bytes, row after row; they are rearranged, not converted. Free it with `disposeMatrix`.
 * @throws UniArmError quantized-unsupported, quantized-size, quantized-not-finite
 */
export function matrixOfBlocks(
  format: BlockFormat,
  [outSize, inSize]: readonly [number, number],
  bytes: Uint8Array,
  name = "A matrix",
): QuantizedMatrix {
  const { number, columns, bytes: each } = BLOCK_FORMATS[format];
  const expected = (outSize * inSize * each) / columns;
  if (inSize % columns !== 0 || bytes.length !== expected) {
    throw new UniArmError(
      "quantized-size",
      `${name} [${outSize}, ${inSize}] was given ${bytes.length} bytes of ${format}. Its rows must be a multiple of ${columns} ` +
        `long, and each ${columns} numbers take ${each} bytes (here ${expected} in all). Copy or download the file again.`,
    );
  }
  const attributes = { format: { int: number }, rows: { int: outSize }, columns: { int: inSize } };
  const blocks = finite(format, name, () =>
    tf.tidy(() => executeOne("UniarmPackBlocks", attributes, [rawTensor(bytes)])),
  );
  return { kind: "quantized", outSize, inSize, format, type: "float32", values: tf.keep(blocks) as tf.Tensor1D };
}

function finite(format: BlockFormat, name: string, make: () => tf.Tensor): tf.Tensor {
  requireBlocks();
  try {
    return make();
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes("not-finite")) throw error;
    throw new UniArmError(
      "quantized-not-finite",
      `${name}, to be held as ${format}, has a number that is not finite or beyond float16's 65504, of which a block's scale is made. ` +
        "Hold the weights in float32, or use weights that are sound.",
      { cause: error },
    );
  }
}

/** @throws UniArmError quantized-unsupported, cpu-path-unsupported */
export function requireBlocks(): void {
  if (nativeOps()) {
    cpuPathNumber();
    return;
  }
  throw new UniArmError(
    "quantized-unsupported",
    `Quantized weights need the tensorflow engine with the project's own operations, on a CPU; this process runs on ${tf.getBackend()} ` +
      "without them. Take float32 for the base weights, or build the engine: pnpm engine:install.",
  );
}

const attributesOf = ({ format, outSize, inSize }: QuantizedMatrix): Attributes => ({
  format: { int: BLOCK_FORMATS[format].number },
  rows: { int: outSize },
  columns: { int: inSize },
});

/** x [N, in] times the transpose of a matrix [out, in] -> [N, out]. Not differentiable. */
export function quantizedProduct(x: tf.Tensor, matrix: QuantizedMatrix): tf.Tensor2D {
  const attributes = { ...attributesOf(matrix), path: { int: cpuPathNumber() } };
  return executeOne("UniarmBlockProduct", attributes, [x, matrix.values]) as tf.Tensor2D;
}

/** dY [N, out] times a matrix [out, in] -> [N, in]. Not differentiable. */
export const quantizedProductBack = (dy: tf.Tensor, matrix: QuantizedMatrix): tf.Tensor2D =>
  executeOne("UniarmBlockProductBack", attributesOf(matrix), [dy, matrix.values]) as tf.Tensor2D;

/** Rows of a matrix, by number -> [count, in], float32. */
export const quantizedRows = (matrix: QuantizedMatrix, numbers: tf.Tensor1D): tf.Tensor2D =>
  executeOne("UniarmBlockRows", attributesOf(matrix), [matrix.values, numbers]) as tf.Tensor2D;

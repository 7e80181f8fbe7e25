import { transposesFirst } from "./engine.ts";
import { executeOne, isTensorFlow, nativeOps, nativeType, storedAs, type FloatType } from "./native.ts";
import { quantizedProduct, quantizedProductBack, quantizedRows, type QuantizedMatrix } from "./quantized.ts";
import { tapeNode } from "./tape-node.ts";
import * as tf from "./tf.ts";

/** A weight that never changes, stored once, [out, in] as checkpoints have it. How it is kept and multiplied is hidden here. */
export interface DenseMatrix {
  readonly kind: "frozen";
  readonly outSize: number;
  readonly inSize: number;
  /** how the engine holds it; bfloat16 on the tensorflow engine only */
  readonly type: FloatType;
  readonly values: tf.Tensor2D;
  /** [in, out], on engines that are slow with transposed right sides */
  readonly transposed: tf.Tensor2D | null;
}

export type FrozenMatrix = DenseMatrix | QuantizedMatrix;

/** A weight that an optimizer changes, [out, in]. */
export interface TrainableMatrix {
  readonly kind: "trainable";
  readonly outSize: number;
  readonly inSize: number;
  readonly values: tf.Variable<tf.Rank.R2>;
}

export type Matrix = FrozenMatrix | TrainableMatrix;

/** Takes ownership of `values` [out, in], in the type that they are stored in; free it with `disposeMatrix`. */
export function frozenMatrix(values: tf.Tensor2D): DenseMatrix {
  const [outSize, inSize] = values.shape;
  const transposed = transposesFirst() ? tf.keep(tf.transpose(values)) : null;
  return { kind: "frozen", outSize, inSize, type: nativeType(values), values: tf.keep(values), transposed };
}

export function trainableMatrix(values: tf.Variable<tf.Rank.R2>): TrainableMatrix {
  const [outSize, inSize] = values.shape;
  return { kind: "trainable", outSize, inSize, values };
}

export function disposeMatrix(matrix: Matrix): void {
  matrix.values.dispose();
  if (matrix.kind === "frozen") matrix.transposed?.dispose();
}

/** The values [out, in] in float32, as a new tensor. */
export function matrixValues(matrix: Matrix): tf.Tensor2D {
  if (matrix.kind === "quantized") return tf.tidy(() => quantizedRows(matrix, tf.range(0, matrix.outSize, 1, "int32")));
  return isTensorFlow() ? (storedAs(matrix.values, "float32") as tf.Tensor2D) : tf.clone(matrix.values);
}

/**
 * x [..., in] times a weight [out, in] -> [..., out], float32. All weight products of float32 activations go through here:
 * it folds to two dimensions, and rounds x where the weight is bfloat16.
 */
export function linear(x: tf.Tensor, weight: Matrix | tf.Tensor2D): tf.Tensor {
  return tf.tidy(() => {
    const folded: tf.Tensor2D = x.rank === 2 ? (x as tf.Tensor2D) : tf.reshape(x, [-1, x.shape.at(-1) ?? 1]); // [rows, in]
    const product =
      "kind" in weight && weight.kind !== "trainable" ? timesFrozen(folded, weight) : timesTensor(folded, weight);
    return x.rank === 2 ? product : tf.reshape(product, [...x.shape.slice(0, -1), product.shape[1]]);
  });
}

/**
 * Rows, and numbers of x, up to which our own product was faster than TensorFlow's, which prepares for many rows; `widened`:
 * bfloat16 where TensorFlow's product is one of widened numbers.
 */
const FEW = { rows: 64, values: { float32: 32_768, bfloat16: 65_536, widened: 131_072 } } as const;
/** native/ops-few-rows.cc reads so many numbers at a time. */
const FEW_STEP = 32;

/** A rule of shapes and the CPU alone: the same product is the same bytes on every run. */
function isFew(rows: number, { inSize, type }: DenseMatrix): boolean {
  const own = nativeOps();
  if (own === null) return false;
  const most = FEW.values[type === "bfloat16" && !own.bfloat16 ? "widened" : type];
  return rows <= FEW.rows && rows * inSize <= most && inSize % FEW_STEP === 0;
}

/** x [N, in] times a frozen weight -> [N, out], both in the weight's own type (float32 for a quantized one). Not differentiable. */
export function frozenProduct(x: tf.Tensor, matrix: FrozenMatrix): tf.Tensor2D {
  if (matrix.kind === "quantized") return quantizedProduct(x, matrix);
  const { values, type, transposed } = matrix;
  if (transposed) return tf.matMul(x, transposed);
  if (isFew(x.shape[0], matrix)) return executeOne("UniarmFewRows", { T: { type } }, [x, values]) as tf.Tensor2D;
  if (type === "float32") return rightTransposed(x as tf.Tensor2D, values);
  return nativeProduct(x, values, true);
}

/** dY [N, out] back through a frozen weight -> [N, in], both in the weight's own type. Not differentiable. */
export function frozenProductBack(dy: tf.Tensor, matrix: FrozenMatrix): tf.Tensor2D {
  if (matrix.kind === "quantized") return quantizedProductBack(dy, matrix);
  const { values, type } = matrix;
  return type === "float32" ? tf.matMul(dy, values) : nativeProduct(dy, values, false);
}

/** Numbers of a weight that are widened at a time. */
const WIDENED = 2 ** 23;

/** A product in bfloat16. Where the CPU has none, or a slow one, products of the widened numbers are faster. */
function nativeProduct(x: tf.Tensor, values: tf.Tensor2D, transposed: boolean): tf.Tensor2D {
  if (nativeOps()?.bfloat16 === false) return widenedProduct(x as tf.Tensor2D, values, transposed);
  const attributes = {
    transpose_a: { bool: false },
    transpose_b: { bool: transposed },
    T: { type: "bfloat16" },
  } as const;
  return executeOne("MatMul", attributes, [x, values]) as tf.Tensor2D;
}

/** The same in float32, some rows of a large weight at a time, so that it is never held a second time at twice the size. */
function widenedProduct(x: tf.Tensor2D, values: tf.Tensor2D, transposed: boolean): tf.Tensor2D {
  return tf.tidy(() => {
    const wide = storedAs(x, "float32") as tf.Tensor2D;
    const [outSize, inSize] = values.shape;
    const each = Math.max(1, Math.floor(WIDENED / inSize));
    if (!transposed || each >= outSize) {
      const weight = storedAs(values, "float32") as tf.Tensor2D;
      return storedAs(tf.matMul(wide, weight, false, transposed), "bfloat16") as tf.Tensor2D;
    }
    const parts = Array.from({ length: Math.ceil(outSize / each) }, (_, part) =>
      tf.scoped(() => {
        const begin = tf.tensor1d(Int32Array.of(part * each, 0), "int32");
        const size = tf.tensor1d(Int32Array.of(Math.min(each, outSize - part * each), inSize), "int32");
        const rows = executeOne("Slice", { T: { type: "bfloat16" }, Index: { type: "int32" } }, [values, begin, size]);
        return tf.matMul(wide, storedAs(rows, "float32"), false, true);
      }),
    );
    return storedAs(tf.concat(parts, 1), "bfloat16") as tf.Tensor2D;
  });
}

/** a [..., M, K] times b [..., K, N] of the same leading axes; explicit transposes where the engine is slow without. */
export function batchProduct(a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor4D {
  if (!transposesFirst()) return tf.matMul(a, b);
  const [product] = tapeNode(
    { a, b },
    (save) => {
      save([a, b]);
      return [tf.matMul(a, b)];
    },
    ([dy], [left, right]) => ({
      a: () => tf.matMul(dy!, lastTwoSwapped(right!)),
      b: () => tf.matMul(lastTwoSwapped(left!), dy!),
    }),
  );
  return product as tf.Tensor4D;
}

/** a [..., M, K] times the transpose of b [..., N, K]. */
export const batchProductTransposed = (a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor4D =>
  transposesFirst() ? batchProduct(a, lastTwoSwapped(b)) : tf.matMul(a, b, false, true);

const lastTwoSwapped = <T extends tf.Tensor>(x: T): T => tf.transpose(x, [0, 1, 3, 2]);

function timesFrozen(x: tf.Tensor2D, weight: FrozenMatrix): tf.Tensor2D {
  if (weight.type === "float32") {
    const [product] = tapeNode(
      { x },
      () => [frozenProduct(x, weight)],
      ([dy]) => ({ x: () => frozenProductBack(dy!, weight) }), // no gradient for a frozen weight
    );
    return product as tf.Tensor2D;
  }
  const narrow = (input: tf.Tensor, times: typeof frozenProduct): tf.Tensor =>
    tf.tidy(() => storedAs(times(storedAs(input, "bfloat16"), weight), "float32"));
  const [product] = tapeNode(
    { x },
    () => [narrow(x, frozenProduct)],
    ([dy]) => ({ x: () => narrow(dy!, frozenProductBack) }),
  );
  return product as tf.Tensor2D;
}

function timesTensor(x: tf.Tensor2D, weight: TrainableMatrix | tf.Tensor2D): tf.Tensor2D {
  const values = "kind" in weight ? weight.values : weight;
  const [product] = tapeNode(
    { x, values },
    (save) => {
      save([x, values]);
      return [rightTransposed(x, values)];
    },
    ([dy], [input, w]) => ({
      x: () => tf.matMul(dy as tf.Tensor2D, w as tf.Tensor2D),
      values: () => leftTransposed(dy as tf.Tensor2D, input as tf.Tensor2D),
    }),
  );
  return product as tf.Tensor2D;
}

/** a [N, in] b^T for b [out, in]. */
const rightTransposed = (a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D =>
  transposesFirst() ? tf.tidy(() => tf.matMul(a, tf.transpose(b))) : tf.matMul(a, b, false, true);
const leftTransposed = (a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D =>
  transposesFirst() ? tf.tidy(() => tf.matMul(tf.transpose(a), b)) : tf.matMul(a, b, true, false);

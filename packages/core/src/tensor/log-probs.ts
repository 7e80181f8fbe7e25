import { frozenProduct, frozenProductBack, linear, type FrozenMatrix, type Matrix } from "./matrix.ts";
import { executeOne, executeOp, nativeOps, nativeType, storedAs } from "./native.ts";
import { tapeNode } from "./tape-node.ts";
import * as tf from "./tf.ts";

/** log softmax(logits)[m, ids[m]] for logits [M, V], ids [M] int32 -> [M]. No one-hot matrix forward, one pass back. */
export function logSoftmaxAt(logits: tf.Tensor2D, ids: tf.Tensor1D): tf.Tensor1D {
  const [logProbs] = tapeNode(
    { logits },
    (save) => {
      const { value, logSums } = targetLogProbs(logits, ids);
      save([logits, ids, logSums]);
      return [value];
    },
    ([dy], saved) => {
      const [input, targets, logSums] = saved as [tf.Tensor2D, tf.Tensor1D, tf.Tensor1D];
      return { logits: () => logitsGradient(input, targets, logSums, dy as tf.Tensor1D) };
    },
  );
  return logProbs as tf.Tensor1D;
}

/** Logits of about this many bytes at a time are few calls and little memory. */
const CHUNK_BYTES = 32 * 2 ** 20;

/**
 * log softmax(h W^T)[m, ids[m]] for hidden states [M, d] and a head [V, d] -> [M]. The logits exist one chunk of rows at a
 * time; for a frozen head the way back makes them again.
 */
export function headLogProbs(hidden: tf.Tensor2D, head: Matrix, ids: Int32Array): tf.Tensor1D {
  if (head.kind === "trainable") return logSoftmaxAt(linear(hidden, head) as tf.Tensor2D, tf.tensor1d(ids, "int32"));
  const rows = Math.max(1, Math.floor(CHUNK_BYTES / (4 * head.outSize)));
  const starts = Array.from({ length: Math.ceil(ids.length / rows) }, (_, chunk) => chunk * rows);
  const chunks = starts.map((start) => ({ start, ids: ids.slice(start, start + rows) }));
  const inputOf = (states: tf.Tensor, start: number, count: number): tf.Tensor =>
    chunks.length === 1 ? states : tf.slice(states as tf.Tensor2D, [start, 0], [count, -1]);
  const [logProbs] = tapeNode(
    { hidden },
    (save) => {
      const parts = chunks.map((chunk) =>
        tf.tidy(() => {
          const targets = tf.tensor1d(chunk.ids, "int32");
          const { value, logSums } = targetLogProbs(
            headLogits(inputOf(hidden, chunk.start, chunk.ids.length), head),
            targets,
          );
          return [value, logSums];
        }),
      );
      save([hidden, ...parts.map(([, logSums]) => logSums!)]);
      return [tf.concat(parts.map(([value]) => value as tf.Tensor1D))];
    },
    ([dy], [states, ...logSums]) => ({
      hidden: () =>
        tf.concat(
          chunks.map((chunk, index) =>
            tf.tidy(() => {
              const count = chunk.ids.length;
              const above = tf.slice(dy as tf.Tensor1D, [chunk.start], [count]);
              const logits = headLogits(inputOf(states!, chunk.start, count), head);
              const gradient = logitsGradient(
                logits,
                tf.tensor1d(chunk.ids, "int32"),
                logSums[index] as tf.Tensor1D,
                above,
              );
              return widened(frozenProductBack(gradient, head));
            }),
          ),
        ),
    }),
  );
  return logProbs as tf.Tensor1D;
}

/** In the head's own type: what the operations that follow read as it is. */
const headLogits = (hidden: tf.Tensor, head: FrozenMatrix): tf.Tensor2D =>
  head.type === "float32" ? frozenProduct(hidden, head) : frozenProduct(storedAs(hidden, head.type), head);

const widened = (x: tf.Tensor2D): tf.Tensor2D =>
  nativeType(x) === "float32" ? x : (storedAs(x, "float32") as tf.Tensor2D);

/** log p of the targets and the rows' normalisers, [M] each, float32. */
function targetLogProbs(logits: tf.Tensor2D, ids: tf.Tensor1D): { value: tf.Tensor1D; logSums: tf.Tensor1D } {
  if (nativeOps()) {
    const outputs = executeOp("UniarmLogSoftmaxAt", { T: { type: nativeType(logits) } }, [logits, ids], 2);
    return { value: outputs[0] as tf.Tensor1D, logSums: outputs[1] as tf.Tensor1D };
  }
  const wide = widened(logits);
  const logSums: tf.Tensor1D = tf.logSumExp(wide, 1);
  return { value: tf.sub(tf.gatherND(wide, placesOf(ids)), logSums), logSums };
}

/** dy (one-hot - softmax), stored as the logits are. */
function logitsGradient(logits: tf.Tensor2D, ids: tf.Tensor1D, logSums: tf.Tensor1D, dy: tf.Tensor1D): tf.Tensor2D {
  const type = nativeType(logits);
  if (nativeOps()) {
    const attributes = { T: { type }, D: { type }, narrow: { int: Number(type === "bfloat16") } } as const;
    return executeOne("UniarmLogSoftmaxAtGrad", attributes, [logits, ids, logSums, dy]) as tf.Tensor2D;
  }
  return tf.tidy(() => {
    const probabilities = tf.exp(tf.sub(widened(logits), tf.expandDims(logSums, 1))); // [M,V]
    const taken = tf.scatterND(placesOf(ids), dy, logits.shape);
    const gradient: tf.Tensor2D = tf.sub(taken, tf.mul(probabilities, tf.expandDims(dy, 1)));
    return type === "float32" ? gradient : (storedAs(gradient, type) as tf.Tensor2D);
  });
}

/** [M,2]: row and column of each target. */
const placesOf = (ids: tf.Tensor1D): tf.Tensor2D =>
  tf.stack([tf.range(0, ids.shape[0], 1, "int32"), ids], 1) as tf.Tensor2D;

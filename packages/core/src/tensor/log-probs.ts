import * as tf from "./tf.ts";

/** log softmax(logits)[m, ids[m]] for logits [M, V], ids [M] int32 -> [M]. No one-hot matrix forward, one pass back. */
export function logSoftmaxAt(logits: tf.Tensor2D, ids: tf.Tensor1D): tf.Tensor1D {
  const [rows, vocabulary] = logits.shape;
  return tf.customGrad((input, save) => {
    const x = input as tf.Tensor2D;
    const places = tf.stack([tf.range(0, rows, 1, "int32"), ids], 1); // [M,2]
    const normaliser = tf.logSumExp(x, 1, true); // [M,1]
    (save as tf.GradSaver)([x, normaliser, places]);
    return {
      value: tf.sub<tf.Tensor1D>(tf.gatherND(x, places), tf.squeeze(normaliser, [1])),
      gradFunc: (dy: tf.Tensor1D, saved: tf.Tensor[]) => {
        const [savedLogits, savedNormaliser, savedPlaces] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
        const probabilities = tf.exp(tf.sub(savedLogits, savedNormaliser)); // [M,V]
        const taken = tf.scatterND(savedPlaces, dy, [rows, vocabulary]);
        return tf.sub(taken, tf.mul(probabilities, tf.expandDims(dy, 1)));
      },
    };
  })(logits);
}

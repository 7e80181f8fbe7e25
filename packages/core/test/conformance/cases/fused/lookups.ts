import { gatherRows } from "../../../../src/tensor/gather.ts";
import { logSoftmaxAt } from "../../../../src/tensor/log-probs.ts";
import * as tf from "../../../../src/tensor/tf.ts";
import { integers, normal, type ConformanceCase } from "../../case.ts";
import { exponentials, sumOf, transcendental } from "../../tolerance.ts";

const plainLogSoftmaxAt = (logits: tf.Tensor, ids: tf.Tensor): tf.Tensor => {
  const places = tf.equal(tf.expandDims(ids, 1), tf.range(0, logits.shape[1]!, 1, "int32"));
  return tf.sum(tf.mul(tf.logSoftmax(logits), tf.cast(places, "float32")), 1);
};

const logProbs = [
  { name: "[4, 7], an id twice", logits: normal([4, 7]), ids: [6, 0, 3, 3], tolerance: transcendental },
  { name: "one column, [3, 1]", logits: normal([3, 1]), ids: [0, 0, 0], tolerance: transcendental },
  {
    name: "a vocabulary of 32,000",
    logits: normal([2, 32000]),
    ids: [31999, 17],
    tolerance: exponentials(32000),
    probes: [[0, 31999, 32000, 32017, 63999]],
  },
].map(({ name, logits, ids, tolerance, probes }): ConformanceCase => ({
  name: `logSoftmaxAt: ${name}`,
  operations: ["logSoftmaxAt"],
  inputs: [logits, integers([ids.length], ids)],
  run: (x, places) => logSoftmaxAt(x as tf.Tensor2D, places as tf.Tensor1D),
  reference: plainLogSoftmaxAt,
  differentiable: [0],
  tolerance,
  ...(probes && { probes }),
}));

const rows: ConformanceCase = {
  name: "gatherRows: [4, 3], a row twice",
  operations: ["gatherRows"],
  inputs: [normal([4, 3]), integers([3], [1, 3, 1])],
  run: (x, ids) => gatherRows(x as tf.Tensor2D, ids as tf.Tensor1D),
  reference: (x, ids) => tf.matMul(tf.cast(tf.oneHot(ids, 4), "float32"), x),
  differentiable: [0],
  tolerance: sumOf(4),
};

/** Entries and rows by index. */
export const lookupCases: readonly ConformanceCase[] = [...logProbs, rows];

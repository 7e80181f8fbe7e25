import { disposeMatrix, frozenMatrix, linear, type FrozenMatrix } from "../../../../src/tensor/matrix.ts";
import * as tf from "../../../../src/tensor/tf.ts";
import { normal, type ConformanceCase } from "../../case.ts";
import { freeLater } from "../../evaluate.ts";
import { sumOf } from "../../tolerance.ts";

const foldedProduct = (x: tf.Tensor, weight: tf.Tensor): tf.Tensor =>
  tf.reshape(tf.matMul(tf.reshape(x, [-1, x.shape.at(-1)!]), tf.transpose(weight)), [
    ...x.shape.slice(0, -1),
    weight.shape[0],
  ]);

export const linearCases: readonly ConformanceCase[] = [
  [2, 3, 8],
  [1, 8],
  [1, 1, 8],
].flatMap((shape): ConformanceCase[] => {
  const common = {
    operations: ["linear"],
    inputs: [normal(shape), normal([5, 8], "weight")],
    reference: foldedProduct as ConformanceCase["run"],
    tolerance: sumOf(8, 2),
  };
  return [
    {
      ...common,
      name: `linear: [${shape.join(", ")}] with a trained weight [5, 8]`,
      run: (x, weight) => linear(x, weight as tf.Tensor2D),
      differentiable: [0, 1],
    },
    {
      ...common,
      name: `linear: [${shape.join(", ")}] with a frozen weight [5, 8]`,
      run: (x, weight) => withFrozen(weight as tf.Tensor2D, (matrix) => linear(x, matrix)),
      differentiable: [0],
    },
  ];
});

function withFrozen(weight: tf.Tensor2D, f: (matrix: FrozenMatrix) => tf.Tensor): tf.Tensor {
  const matrix = frozenMatrix(tf.clone(weight));
  freeLater(() => {
    disposeMatrix(matrix);
  });
  return f(matrix);
}

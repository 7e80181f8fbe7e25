import * as tf from "../../../src/tensor/tf.ts";
import { booleans, integers, normal, type ConformanceCase } from "../case.ts";
import { exact } from "../tolerance.ts";

const moves = (
  name: string,
  shapes: readonly number[][],
  run: (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[],
): ConformanceCase => ({
  name,
  operations: [name.slice(0, name.indexOf(":"))],
  inputs: shapes.map((shape, index) => normal(shape, `input ${index}`)),
  run,
  differentiable: shapes.map((_, index) => index),
  tolerance: exact,
});

const reshapes = [
  moves("reshape: [2, 3, 4] to [6, -1]", [[2, 3, 4]], (x) => tf.reshape(x, [6, -1])),
  moves("reshape: [1] to a scalar", [[1]], (x) => tf.reshape(x, [])),
  moves("reshape: [0, 3] to [3, 0]", [[0, 3]], (x) => tf.reshape(x, [3, 0])),
  moves("expandDims: [2, 3] at 0, 1 and -1", [[2, 3]], (x) => [0, 1, -1].map((axis) => tf.expandDims(x, axis))),
  moves("squeeze: [2, 1, 3, 1] along 1 and along both", [[2, 1, 3, 1]], (x) => [tf.squeeze(x, [1]), tf.squeeze(x)]),
];

const transposes = [
  moves("transpose: [3, 4]", [[3, 4]], (x) => tf.transpose(x)),
  moves("transpose: [1, 5]", [[1, 5]], (x) => tf.transpose(x)),
  moves("transpose: [70, 33]", [[70, 33]], (x) => tf.transpose(x)),
  moves("transpose: heads first and back, [2, 3, 4, 5]", [[2, 3, 4, 5]], (x) => tf.transpose(x, [0, 2, 1, 3])),
  moves("transpose: the last two of [2, 3, 4, 5]", [[2, 3, 4, 5]], (x) => tf.transpose(x, [0, 1, 3, 2])),
  moves("transpose: a cycle of [2, 3, 4]", [[2, 3, 4]], (x) => tf.transpose(x, [2, 0, 1])),
  moves("transpose: five axes, [2, 1, 3, 2, 4]", [[2, 1, 3, 2, 4]], (x) => tf.transpose(x, [2, 0, 3, 1, 4])),
  moves("transpose: [0, 4]", [[0, 4]], (x) => tf.transpose(x)),
];

const slices = [
  moves("slice: a vector [6], its middle", [[6]], (x) => tf.slice(x, [2], [3])),
  moves("slice: to the end, -1, [3, 4]", [[3, 4]], (x) => tf.slice(x, [1, 1], [-1, -1])),
  moves("slice: the first columns, [3, 4]", [[3, 4]], (x) => tf.slice(x, [0, 0], [-1, 2])),
  moves("slice: the last token, [2, 5, 3]", [[2, 5, 3]], (x) => tf.slice(x, [0, 4, 0], [-1, 1, -1])),
  moves("slice: the later half of heads, [2, 3, 2, 4]", [[2, 3, 2, 4]], (x) =>
    tf.slice(x, [0, 0, 0, 2], [-1, -1, -1, 2]),
  ),
  moves("slice: nothing of [3, 4]", [[3, 4]], (x) => tf.slice(x, [1, 0], [0, 4])),
  moves("slice: overlapping parts of [4, 3], whose gradients add up", [[4, 3]], (x) =>
    tf.add(tf.slice(x, [0, 0], [3, -1]), tf.slice(x, [1, 0], [3, -1])),
  ),
];

const joins = [
  moves("concat: rows of [2, 3], [1, 3]", [[2, 3], [1, 3]], (a, b) => tf.concat([a, b])), // prettier-ignore
  moves("concat: columns of unequal width", [[2, 3], [2, 1], [2, 4]], (...all) => tf.concat(all, 1)), // prettier-ignore
  moves("concat: four axes, the last", [[2, 1, 3, 2], [2, 1, 3, 5]], (...all) => tf.concat(all, 3)), // prettier-ignore
  moves("concat: four axes, the third", [[2, 2, 1, 3], [2, 2, 4, 3]], (...all) => tf.concat(all, 2)), // prettier-ignore
  moves("concat: an empty part", [[2, 3], [0, 3]], (...all) => tf.concat(all, 0)), // prettier-ignore
  moves("concat: a single tensor", [[2, 3]], (x) => tf.concat([x])),
  moves("stack: a single tensor", [[3]], (x) => tf.stack([x], 1)),
  moves("concat: one tensor twice", [[2, 3]], (x) => tf.concat([x, x], 1)),
  moves("stack: two of [3] along 0 and 1", [[3], [3]], (a, b) => [tf.stack([a, b]), tf.stack([a, b], 1)]),
  moves("stack: matrices [2, 2]", [[2, 2], [2, 2]], (...all) => tf.stack(all, 2)), // prettier-ignore
  moves("unstack: [3, 2, 2] along 0 and 1", [[3, 2, 2]], (x) => [...tf.unstack(x), ...tf.unstack(x, 1)]),
  moves("split: [6, 2] in three", [[6, 2]], (x) => tf.split(x, 3, 0)),
  moves("split: [2, 1, 7] by sizes 4, 1, 2", [[2, 1, 7]], (x) => tf.split(x, [4, 1, 2], 2)),
  moves("split: [2, 2, 1, 5], one part unused", [[2, 2, 1, 5]], (x) => tf.split(x, [2, 3], 3)[1]!),
];

/** Into a single part there is no gradient in tfjs: it hands one tensor, not a list of one, to `concat` and `stack`. */
const single: ConformanceCase = {
  name: "split, unstack: into one part, forward",
  operations: ["split", "unstack"],
  inputs: [normal([4, 1])],
  run: (x) => [...tf.split(x, [1], 1), ...tf.unstack(x, 1)],
  tolerance: exact,
};

const padded: ConformanceCase = {
  ...moves("pad: [2, 3] before and after", [[2, 3]], (x) =>
    tf.pad(x, [
      [1, 0],
      [0, 2],
    ]),
  ),
};

const otherTypes: ConformanceCase[] = [
  {
    name: "reshape, transpose, slice, concat, stack: int32",
    operations: ["reshape", "transpose", "slice", "concat", "stack", "expandDims"],
    inputs: [integers([2, 3], [0, 31999, -1, 7, 16777217, 2147483647])], // past 2^24 a float32 would lose units
    run: (x) => [
      tf.reshape(x, [3, 2]),
      tf.transpose(x),
      tf.slice(x, [0, 1], [2, 2]),
      tf.concat([x, x], 1),
      tf.stack([x, x], 1),
      tf.expandDims(x, 1),
    ],
    tolerance: exact,
  },
  {
    name: "reshape, transpose, slice, concat: bool",
    operations: ["reshape", "transpose", "slice", "concat"],
    inputs: [booleans([2, 3], [1, 0, 0, 1, 1, 0])],
    run: (x) => [tf.reshape(x, [-1]), tf.transpose(x), tf.slice(x, [1, 0], [1, -1]), tf.concat([x, x])],
    tolerance: exact,
  },
  {
    name: "range, zeros, ones, zerosLike: float32 and int32",
    operations: ["range", "zeros", "ones", "zerosLike"],
    inputs: [normal([2, 3]), integers([2], [5, 6])],
    run: (x, ids) => [
      tf.range(0, 5, 1, "int32"),
      tf.range(0, 1, 1, "int32"),
      tf.zeros([2, 0]),
      tf.zeros([2, 1, 1]),
      tf.ones([1, 1]),
      tf.zerosLike(x),
      tf.zerosLike(ids),
    ],
    tolerance: exact,
  },
  {
    name: "add: zeros [2, 1, 1] stretch [1, 3, 2], whose gradient sums rows",
    operations: ["add", "zeros"],
    inputs: [normal([1, 3, 2])],
    run: (x) => tf.add(x, tf.zeros([2, 1, 1])),
    differentiable: [0],
    tolerance: exact,
  },
];

export const movementCases: readonly ConformanceCase[] = [
  ...reshapes,
  ...transposes,
  ...slices,
  ...joins,
  single,
  padded,
  ...otherTypes,
];

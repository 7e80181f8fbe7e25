import * as tf from "../../../src/tensor/tf.ts";
import { awayFromZero, booleans, floats, integers, mapped, normal, positive, type ConformanceCase } from "../case.ts";
import { elementwise, exact, sumOf, transcendental } from "../tolerance.ts";

type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;
type Unary = (x: tf.Tensor) => tf.Tensor;

const BINARY: readonly (readonly [name: string, Binary])[] = [
  ["add", (a, b) => tf.add(a, b)],
  ["sub", (a, b) => tf.sub(a, b)],
  ["mul", (a, b) => tf.mul(a, b)],
  ["div", (a, b) => tf.div(a, b)],
];

/** Broadcasts that the packages rely on: same shape, rows, columns, both sides at once, scalars, axes of size 1 and 0 (1 against 0 has no gradient in tfjs). */
const BROADCASTS: readonly (readonly [a: number[], b: number[]])[] = [
  [
    [2, 3, 4],
    [2, 3, 4],
  ],
  [[2, 3, 4], [4]],
  [
    [2, 3, 1],
    [2, 1, 4],
  ],
  [[3], [2, 1]],
  [[], [2, 3]],
  [[2, 3], []],
  [
    [2, 1, 3, 2],
    [1, 4, 1, 2],
  ],
  [
    [1, 1],
    [1, 1],
  ],
  [[0, 3], [3]],
  [
    [5, 0],
    [5, 0],
  ],
];

const binary = BINARY.flatMap(([name, run]) =>
  BROADCASTS.map(([a, b]): ConformanceCase => ({
    name: `${name}: [${a.join(", ")}] with [${b.join(", ")}]`,
    operations: [name],
    inputs: [normal(a, "left"), positive(normal(b, "right"))],
    run: run,
    differentiable: [0, 1],
    tolerance: elementwise,
    gradientTolerance: sumOf(24, 4), // a broadcast operand adds up what reaches it
  })),
);

/** Functions of one tensor, with inputs that stay inside the domain and off the kinks. */
const UNARY: readonly (readonly [
  name: string,
  Unary,
  inputs: (x: ReturnType<typeof normal>) => typeof x,
  typeof exact,
])[] = [
  ["neg", (x) => tf.neg(x), (x) => x, exact],
  ["abs", (x) => tf.abs(x), awayFromZero, exact],
  ["sign", (x) => tf.sign(x), awayFromZero, exact],
  ["relu", (x) => tf.relu(x), awayFromZero, exact],
  ["square", (x) => tf.square(x), (x) => x, elementwise],
  ["sqrt", (x) => tf.sqrt(x), positive, elementwise],
  ["rsqrt", (x) => tf.rsqrt(x), positive, elementwise],
  ["exp", (x) => tf.exp(x), (x) => x, transcendental],
  ["log", (x) => tf.log(x), positive, transcendental],
  ["sigmoid", (x) => tf.sigmoid(x), (x) => x, transcendental],
  ["erf", (x) => tf.erf(x), (x) => x, transcendental],
  ["tanh", (x) => tf.tanh(x), (x) => x, transcendental],
  ["clone", (x) => tf.clone(x), (x) => x, exact],
];

const unary = UNARY.flatMap(([name, run, inputs, tolerance]) =>
  [[], [7], [3, 1, 5], [2, 0]].map((shape): ConformanceCase => ({
    name: `${name}: [${shape.join(", ")}]`,
    operations: [name],
    inputs: [inputs(normal(shape))],
    run: run,
    differentiable: [0],
    tolerance,
    gradientTolerance: tolerance === exact ? elementwise : transcendental,
  })),
);

const edges: ConformanceCase[] = [
  {
    name: "exp, log, sigmoid, sqrt: infinities, zeros and arguments far out",
    operations: ["exp", "log", "sigmoid", "sqrt"],
    inputs: [floats([9], [-Infinity, -1e9, -104, -30, 0, 30, 88, 1e9, Infinity])],
    run: (x) => [tf.exp(x), tf.sigmoid(x), tf.log(tf.abs(x)), tf.sqrt(tf.abs(x))],
    tolerance: transcendental,
  },
  {
    name: "abs, sign, relu: at zero, where the gradient is a convention",
    operations: ["abs", "sign", "relu"],
    inputs: [floats([5], [-2, -1e-6, 0, 1e-6, 2])],
    run: (x) => [tf.abs(x), tf.sign(x), tf.relu(x)],
    tolerance: exact,
  },
  {
    name: "sign: numbers of 1e-8 are not zero",
    operations: ["sign"],
    inputs: [floats([2], [-1e-8, 1e-8])],
    run: (x) => tf.sign(x),
    tolerance: exact,
    differs: { wasm: "its Sign is 0 up to 1e-7; the sign of a sum that rounding left near 0 is open on every engine" },
  },
  {
    name: "minimum: a scalar with [5], forward (its gradient in tfjs does not know broadcasting)",
    operations: ["minimum"],
    inputs: [floats([], [1]), floats([5], [-3, 0.5, 1.5, 40, Infinity])],
    run: (a, b) => tf.minimum(a, b),
    tolerance: exact,
  },
  {
    name: "minimum: [4] with [4], the smaller side gets the gradient",
    operations: ["minimum"],
    inputs: [floats([4], [1, 2, -3, 5]), floats([4], [2, 1, 3, -5])],
    run: (a, b) => tf.minimum(a, b),
    differentiable: [0, 1],
    tolerance: exact,
  },
  {
    name: "minimum, mul, add, div: a NaN is not lost on the way",
    operations: ["minimum", "mul", "add", "div"],
    inputs: [floats([3], [NaN, 2, 0.5])],
    run: (x) => [tf.minimum(x, 1), tf.mul(x, 0), tf.add(x, 1), tf.div(1, x)],
    tolerance: exact,
  },
  {
    name: "minimum: a NaN on the right",
    operations: ["minimum"],
    inputs: [floats([1], [1]), floats([2], [NaN, 2])],
    run: (a, b) => tf.minimum(a, b),
    tolerance: exact,
    differs: { wasm: "std::min keeps its left side where neither is smaller: what may be NaN goes to the left" },
  },
  {
    name: "abs, neg, square, sqrt, exp, log, sigmoid, relu: a NaN stays one",
    operations: ["abs", "neg", "square", "sqrt", "exp", "log", "sigmoid", "relu"],
    inputs: [floats([6], [NaN, 1, 2, 0.5, NaN, 4])],
    run: (x) => [tf.abs, tf.neg, tf.square, tf.sqrt, tf.exp, tf.log, tf.sigmoid, tf.relu].map((f) => f(x)),
    tolerance: transcendental,
  },
  {
    name: "div: by zero is infinite, zero by zero NaN",
    operations: ["div"],
    inputs: [floats([4], [1, -1, 0, 3]), floats([4], [0, 0, 0, Infinity])],
    run: (a, b) => tf.div(a, b),
    tolerance: exact,
  },
  {
    name: "add, sub, mul: int32, broadcast, wrapping products excluded",
    operations: ["add", "sub", "mul"],
    inputs: [integers([2, 3], [1, -2, 3, 2147483, -5, 0]), integers([3], [7, -100, 12])],
    run: (a, b) => [tf.add(a, b), tf.sub(a, b), tf.mul(a, b)],
    tolerance: exact,
  },
  {
    name: "greater: [2, 3] with a scalar, equal values and infinities",
    operations: ["greater"],
    inputs: [floats([2, 3], [0, -0, 2e-38, -Infinity, Infinity, NaN])],
    run: (x) => tf.greater(x, 0),
    tolerance: exact,
  },
  {
    name: "greater: int32 rows with columns",
    operations: ["greater"],
    inputs: [integers([3, 1], [1, 2, 3]), integers([1, 4], [0, 1, 2, 3])],
    run: (a, b) => tf.greater(a, b),
    tolerance: exact,
  },
  {
    name: "equal: int32 with int32, and rows with columns",
    operations: ["equal"],
    inputs: [
      integers([2, 3], [1, -2, 3, 0, 31999, 7]),
      integers([2, 3], [1, 2, 3, 0, 31999, -7]),
      integers([2, 1], [3, 7]),
    ],
    run: (a, b, column) => [tf.equal(a, b), tf.equal(a, column)],
    tolerance: exact,
  },
  {
    name: "equal: zeros of both signs, infinities, and NaN, which equals nothing",
    operations: ["equal"],
    inputs: [
      floats([2, 3], [0, -0, 1, -Infinity, Infinity, NaN]),
      floats([2, 3], [-0, 0, 1, -Infinity, -Infinity, NaN]),
    ],
    run: (a, b) => tf.equal(a, b),
    tolerance: exact,
  },
  {
    name: "where: [2, 3], either side differentiable",
    operations: ["where"],
    inputs: [booleans([2, 3], [1, 0, 0, 1, 1, 0]), normal([2, 3], "then"), normal([2, 3], "else")],
    run: (condition, a, b) => tf.where(condition, a, b),
    differentiable: [1, 2],
    tolerance: exact,
  },
  {
    name: "where: what is not chosen may be NaN or infinite",
    operations: ["where"],
    inputs: [booleans([4], [1, 0, 1, 0]), floats([4], [1, NaN, 3, Infinity]), floats([4], [NaN, 2, -Infinity, 4])],
    run: (condition, a, b) => tf.where(condition, a, b),
    tolerance: exact,
  },
  {
    name: "add: a mask of -1e9 and one of -Infinity over scores",
    operations: ["add"],
    inputs: [normal([2, 2, 3]), floats([1, 2, 3], [0, -1e9, -1e9, 0, 0, -Infinity])],
    run: (scores, mask) => tf.add(scores, mask),
    tolerance: exact,
  },
  {
    name: "addN: one, two and five tensors of [3, 4]",
    operations: ["addN"],
    inputs: ["a", "b", "c", "d", "e"].map((stream) => normal([3, 4], stream)),
    run: (...all) => [tf.addN(all.slice(0, 1)), tf.addN(all.slice(0, 2)), tf.addN(all)],
    differentiable: [0, 1, 4],
    tolerance: sumOf(5),
  },
  {
    name: "square, sqrt, div: the step of an optimizer with gradients from 1e-12 to 1e12",
    operations: ["square", "sqrt", "div"],
    inputs: [mapped(normal([25]), (value, index) => value * 10 ** (index - 12))],
    run: (x) => tf.div(x, tf.add(tf.sqrt(tf.square(x)), 1e-8)),
    tolerance: elementwise,
  },
];

export const elementwiseCases: readonly ConformanceCase[] = [...binary, ...unary, ...edges];

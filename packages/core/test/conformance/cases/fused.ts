import { gelu, swiGlu } from "../../../src/layers/activations.ts";
import { attend, attentionMask } from "../../../src/layers/attend.ts";
import { headNorms } from "../../../src/layers/head-norms.ts";
import { layerNorm, rmsNorm } from "../../../src/layers/norms.ts";
import { rotate } from "../../../src/layers/rotate.ts";
import { softplus } from "../../../src/losses/softplus.ts";
import { gatherRows } from "../../../src/tensor/gather.ts";
import { logSoftmaxAt } from "../../../src/tensor/log-probs.ts";
import { disposeMatrix, frozenMatrix, linear, type FrozenMatrix } from "../../../src/tensor/matrix.ts";
import * as tf from "../../../src/tensor/tf.ts";
import { floats, integers, mapped, normal, type ConformanceCase } from "../case.ts";
import { freeLater } from "../evaluate.ts";
import { elementwise, exponentials, sumOf, transcendental } from "../tolerance.ts";

/*
 * Functions of this package with a gradient, or kernels, of their own. `reference` writes each out in plain operations with
 * tfjs's own gradients; the engine's answer is held against it, whatever the engine makes the function of.
 */

const EPSILON = 1e-5;

const plainRmsNorm = (x: tf.Tensor, weight: tf.Tensor): tf.Tensor =>
  tf.mul(tf.div(x, tf.sqrt(tf.add(tf.mean(tf.mul(x, x), -1, true), EPSILON))), weight);

const rmsNorms = [
  [6, 8],
  [1, 5],
  [2, 300],
].flatMap((shape) => {
  const inputs = [normal(shape), normal(shape.slice(-1), "weight")];
  const of = (trainable: boolean): ConformanceCase => ({
    name: `rmsNorm: [${shape.join(", ")}], ${trainable ? "trained" : "frozen"} weight`,
    operations: ["rmsNorm"],
    inputs,
    run: (x, weight) => rmsNorm(x as tf.Tensor2D, weight as tf.Tensor1D, EPSILON, trainable),
    reference: plainRmsNorm,
    differentiable: trainable ? [0, 1] : [0],
    tolerance: sumOf(shape[1]!),
  });
  return [of(false), of(true)];
});

const smallNorm: ConformanceCase = {
  name: "rmsNorm: rows of zeros and of 1e-4, where epsilon counts",
  operations: ["rmsNorm"],
  inputs: [mapped(normal([3, 6]), (value, index) => (index < 6 ? 0 : value * 1e-4)), normal([6], "weight")],
  run: (x, weight) => rmsNorm(x as tf.Tensor2D, weight as tf.Tensor1D, EPSILON, false),
  reference: plainRmsNorm,
  tolerance: sumOf(6),
};

const layerNorms = [
  [6, 8],
  [2, 300],
].map((shape): ConformanceCase => ({
  name: `layerNorm: [${shape.join(", ")}]`,
  operations: ["layerNorm"],
  inputs: [normal(shape), normal(shape.slice(-1), "weight"), normal(shape.slice(-1), "bias")],
  run: (x, weight, bias) => layerNorm(x as tf.Tensor2D, weight as tf.Tensor1D, bias as tf.Tensor1D, EPSILON),
  reference: (x, weight, bias) => {
    const { mean, variance } = tf.moments(x, -1, true);
    return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, EPSILON))), weight), bias);
  },
  differentiable: [0, 1, 2],
  tolerance: sumOf(2 * shape[1]!),
}));

const gelus: ConformanceCase = {
  name: "gelu: from -3 to 3",
  operations: ["gelu"],
  inputs: [normal([4, 9])],
  run: (x) => gelu(x as tf.Tensor2D),
  reference: (x) => {
    const inner = tf.add(x, tf.mul(0.044715, tf.pow(x, 3)));
    return tf.mul(tf.mul(0.5, x), tf.add(1, tf.tanh(tf.mul(Math.sqrt(2 / Math.PI), inner))));
  },
  differentiable: [0],
  tolerance: transcendental,
};

/** Two heads of queries, one of keys, one of values: [N, 4 dh]. */
const perHead = [4, 20].flatMap((dh) => {
  const counts = { heads: 2, keyValueHeads: 1 };
  const of = (what: string, apart: (qkv: tf.Tensor2D) => tf.Tensor2D[], trainable: boolean): ConformanceCase => ({
    name: `headNorms: heads of ${dh}, ${what}`,
    operations: ["headNorms"],
    inputs: [normal([5, 4 * dh]), normal([dh], "query"), normal([dh], "key")],
    run: (qkv, query, key) => {
      const weights = { query: query as tf.Tensor1D, key: key as tf.Tensor1D };
      const normed = headNorms(apart(qkv as tf.Tensor2D), weights, counts, { epsilon: EPSILON, trainable });
      return normed.length === 1 ? normed[0]! : tf.concat(normed, 1);
    },
    reference: (qkv, query, key) => {
      const [one, other, keys, values] = tf.split(qkv, 4, 1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const normed = [plainRmsNorm(one, query), plainRmsNorm(other, query), plainRmsNorm(keys, key)];
      return tf.concat([...normed, values], 1);
    },
    differentiable: trainable ? [0, 1, 2] : [0],
    tolerance: sumOf(dh),
  });
  return [
    of("side by side", (qkv) => [qkv], false),
    of("side by side, trained weights", (qkv) => [qkv], true),
    of("each in its own tensor", (qkv) => tf.split<tf.Tensor2D>(qkv, [2 * dh, dh, dh], 1), false),
  ];
});

const gates = [
  [6, 8],
  [1, 1],
  [3, 35],
].flatMap((shape) => {
  const of = (what: string, run: (gate: tf.Tensor2D, up: tf.Tensor2D) => tf.Tensor): ConformanceCase => ({
    name: `swiGlu: [${shape.join(", ")}], gate and up ${what}`,
    operations: ["swiGlu"],
    inputs: [normal(shape, "gate"), normal(shape, "up")],
    run: (gate, up) => run(gate as tf.Tensor2D, up as tf.Tensor2D),
    reference: (gate, up) => tf.mul(tf.mul(gate, tf.sigmoid(gate)), up),
    differentiable: [0, 1],
    tolerance: transcendental,
  });
  return [
    of("apart", (gate, up) => swiGlu([gate, up])),
    of("side by side", (gate, up) => swiGlu([tf.concat([gate, up], 1)])),
  ];
});

const farGate: ConformanceCase = {
  name: "swiGlu: gates far out on either side",
  operations: ["swiGlu"],
  inputs: [floats([1, 6], [-1000, -80, -20, 20, 80, 1000]), floats([1, 6], [1, 2, 3, 4, 5, 6])],
  run: (gate, up) => swiGlu([tf.concat([gate as tf.Tensor2D, up as tf.Tensor2D], 1)]),
  reference: (gate, up) => tf.div(tf.mul(gate, up), tf.add(1, tf.exp(tf.neg(gate)))),
  tolerance: transcendental,
};

/** Pairs (i, i + half) turned by hand: [a cos - b sin, b cos + a sin]; the first half of `sin` comes negated. */
function plainRotate(x: tf.Tensor, cos: tf.Tensor, sin: tf.Tensor): tf.Tensor {
  const [a, b] = tf.split(x, 2, 3) as [tf.Tensor, tf.Tensor];
  const [cosA, cosB] = tf.split(cos, 2, 3) as [tf.Tensor, tf.Tensor];
  const [sinA, sinB] = tf.split(sin, 2, 3) as [tf.Tensor, tf.Tensor];
  return tf.concat([tf.add(tf.mul(a, cosA), tf.mul(b, sinA)), tf.add(tf.mul(b, cosB), tf.mul(a, sinB))], 3);
}

const rotations = [
  { x: [2, 3, 2, 4], table: [1, 3, 1, 4] }, // all rows at the same positions
  { x: [2, 3, 2, 4], table: [2, 3, 1, 4] }, // each row at its own
  { x: [3, 1, 4, 2], table: [1, 1, 1, 2] }, // one new token, pairs of one
].map(({ x, table }): ConformanceCase => ({
  name: `rotate: [${x.join(", ")}] by tables [${table.join(", ")}]`,
  operations: ["rotate"],
  inputs: [normal(x), mapped(normal(table), Math.cos), mapped(normal(table), Math.sin)],
  run: (input, cos, sin) => rotate(input as tf.Tensor4D, cos as tf.Tensor4D, sin as tf.Tensor4D),
  reference: plainRotate,
  differentiable: [0],
  tolerance: { ...elementwise, absolute: 1e-6 }, // two products may cancel
}));

/** One query head at a time, its key and value head picked by index, blocks joined first. */
function plainAttend(
  query: tf.Tensor,
  blocks: readonly { keys: tf.Tensor; values: tf.Tensor }[],
  mask: tf.Tensor | null,
) {
  const [, heads = 1, tokens = 1, headSize = 1] = query.shape;
  const [keys, values] = [
    tf.concat(
      blocks.map((block) => block.keys),
      2,
    ),
    tf.concat(
      blocks.map((block) => block.values),
      2,
    ),
  ];
  const group = heads / keys.shape[1]!;
  const head = (x: tf.Tensor, index: number): tf.Tensor =>
    tf.squeeze(tf.slice(x, [0, index, 0, 0], [-1, 1, -1, -1]), [1]);
  const outputs = Array.from({ length: heads }, (_, index) => {
    const other = Math.floor(index / group);
    const scores = tf.mul(tf.matMul(head(query, index), head(keys, other), false, true), headSize ** -0.5);
    const shown = mask ? tf.add(scores, tf.squeeze(mask, [1])) : scores;
    return tf.matMul(tf.softmax(shown), head(values, other));
  });
  return tf.reshape(tf.stack(outputs, 1), [-1, heads, tokens, headSize]);
}

/** B rows, H query heads, Hkv key and value heads, T new tokens, sizes of the blocks, columns of padding a row. */
const attentions = [
  { what: "causal", B: 2, H: 2, Hkv: 2, T: 3, sizes: [3], padding: [0, 0] },
  { what: "grouped heads, padded rows", B: 2, H: 4, Hkv: 2, T: 2, sizes: [5], padding: [0, 2] },
  { what: "one new token behind a cache of two blocks", B: 2, H: 4, Hkv: 1, T: 1, sizes: [4, 2], padding: [0, 0] },
  { what: "two new tokens, three blocks, padding", B: 3, H: 2, Hkv: 1, T: 2, sizes: [3, 1, 2], padding: [1, 0, 3] },
  { what: "a single column", B: 1, H: 1, Hkv: 1, T: 1, sizes: [1], padding: [0] },
  { what: "a window of 2, padded rows", B: 2, H: 2, Hkv: 1, T: 4, sizes: [5], padding: [0, 1], window: 2 },
  { what: "a window of 3, one new token", B: 1, H: 2, Hkv: 2, T: 1, sizes: [4, 1], padding: [0], window: 3 },
].map(({ what, B, H, Hkv, T, sizes, padding, window = null }): ConformanceCase => {
  const columns = sizes.reduce((sum, size) => sum + size, 0);
  const blocksOf = (parts: tf.Tensor[]) =>
    sizes.map((_, index) => ({ keys: parts[2 * index] as tf.Tensor4D, values: parts[2 * index + 1] as tf.Tensor4D }));
  const blockInputs = sizes.flatMap((size, index) => [
    normal([B, Hkv, size, 4], `keys ${index}`),
    normal([B, Hkv, size, 4], `values ${index}`),
  ]);
  return {
    name: `attend: ${what}, [${B}, ${H}, ${T}, 4] to ${Hkv} heads of ${columns} columns`,
    operations: ["attend"],
    inputs: [normal([B, H, T, 4], "query"), ...blockInputs],
    run: (query, ...parts) => attend(query as tf.Tensor4D, blocksOf(parts), attentionMask(T, columns, padding, window)),
    reference: (query, ...parts) => plainAttend(query, blocksOf(parts), attentionMask(T, columns, padding, window)),
    differentiable: [0, ...blockInputs.map((_, index) => index + 1)],
    tolerance: sumOf(4 * columns),
  };
});

const hiddenWhole: ConformanceCase = {
  name: "attend: padding columns that may see nothing stay numbers",
  operations: ["attend"],
  inputs: [normal([2, 2, 3, 4], "query"), normal([2, 1, 3, 4], "keys"), normal([2, 1, 3, 4], "values")],
  run: (query, keys, values) =>
    attend(
      query as tf.Tensor4D,
      [{ keys: keys as tf.Tensor4D, values: values as tf.Tensor4D }],
      attentionMask(3, 3, [0, 2]),
    ),
  reference: (query, keys, values) => plainAttend(query, [{ keys, values }], attentionMask(3, 3, [0, 2])),
  tolerance: sumOf(12), // no gradient: differences see none where -1e9 swallows the scores
};

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

const softpluses: ConformanceCase = {
  name: "softplus: from -3 to 3",
  operations: ["softplus"],
  inputs: [normal([3, 5])],
  run: (x) => softplus(x),
  reference: (x) => tf.log(tf.add(1, tf.exp(x))),
  differentiable: [0],
  tolerance: transcendental,
};

const rows: ConformanceCase = {
  name: "gatherRows: [4, 3], a row twice",
  operations: ["gatherRows"],
  inputs: [normal([4, 3]), integers([3], [1, 3, 1])],
  run: (x, ids) => gatherRows(x as tf.Tensor2D, ids as tf.Tensor1D),
  reference: (x, ids) => tf.matMul(tf.cast(tf.oneHot(ids, 4), "float32"), x),
  differentiable: [0],
  tolerance: sumOf(4),
};

const foldedProduct = (x: tf.Tensor, weight: tf.Tensor): tf.Tensor =>
  tf.reshape(tf.matMul(tf.reshape(x, [-1, x.shape.at(-1)!]), tf.transpose(weight)), [
    ...x.shape.slice(0, -1),
    weight.shape[0],
  ]);

const products = [
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

export const fusedCases: readonly ConformanceCase[] = [
  ...rmsNorms,
  smallNorm,
  ...layerNorms,
  gelus,
  ...perHead,
  ...gates,
  farGate,
  ...rotations,
  ...attentions,
  hiddenWhole,
  ...logProbs,
  softpluses,
  rows,
  ...products,
];

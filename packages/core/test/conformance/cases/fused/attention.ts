import { attend, attentionMask } from "../../../../src/layers/attend.ts";
import { rotate } from "../../../../src/layers/rotate.ts";
import * as tf from "../../../../src/tensor/tf.ts";
import { mapped, normal, type ConformanceCase } from "../../case.ts";
import { elementwise, sumOf } from "../../tolerance.ts";

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

/** The first four of six entries of a head turn. */
const partly: ConformanceCase = {
  name: "rotate: the first 4 of 6 entries",
  operations: ["rotate"],
  inputs: [normal([2, 3, 2, 6]), normal([1, 3, 1, 4], "cos"), normal([1, 3, 1, 4], "sin")],
  run: (input, cos, sin) => {
    const [ones, zeros] = [tf.fill([1, 3, 1, 2], 1), tf.fill([1, 3, 1, 2], 0)];
    const table = (turned: tf.Tensor, rest: tf.Tensor): tf.Tensor4D => tf.concat([turned, rest], 3) as tf.Tensor4D;
    return rotate(input as tf.Tensor4D, table(cos, ones), table(sin, zeros), 4);
  },
  reference: (input, cos, sin) => {
    const [turned, rest] = tf.split(input, [4, 2], 3) as [tf.Tensor, tf.Tensor];
    return tf.concat([plainRotate(turned, cos, sin), rest], 3);
  },
  differentiable: [0],
  tolerance: { ...elementwise, absolute: 1e-6 },
};

/** One query head at a time, its key and value head picked by index, blocks joined first. */
function plainAttend(
  query: tf.Tensor,
  blocks: readonly { keys: tf.Tensor; values: tf.Tensor }[],
  mask: tf.Tensor | null,
  cap?: number,
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
    const capped = cap === undefined ? scores : tf.mul(cap, tf.tanh(tf.div(scores, cap)));
    const shown = mask ? tf.add(capped, tf.squeeze(mask, [1])) : capped;
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
  { what: "scores below 2", B: 2, H: 4, Hkv: 2, T: 2, sizes: [2, 1], padding: [0, 0], cap: 2 },
].map(({ what, B, H, Hkv, T, sizes, padding, window = null, cap }): ConformanceCase => {
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
    run: (query, ...parts) =>
      attend(query as tf.Tensor4D, blocksOf(parts), attentionMask(T, columns, padding, window), cap),
    reference: (query, ...parts) =>
      plainAttend(query, blocksOf(parts), attentionMask(T, columns, padding, window), cap),
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

export const attentionCases: readonly ConformanceCase[] = [...rotations, partly, ...attentions, hiddenWhole];

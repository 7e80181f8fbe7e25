import { gatherRows } from "../tensor/gather.ts";
import { batchProductTransposed } from "../tensor/matrix.ts";
import type { EncoderConfig } from "../schema/encoder.ts";
import * as tf from "../tensor/tf.ts";

type Relative = NonNullable<EncoderConfig["relative"]>;

/**
 * DeBERTa's part of the attention scores that distances have: q_i . key(i - j) + k_j . query(i - j), before scaling.
 * @param q and k [B,H,T,dh]
 * @param keys and queries of distances [2 span,H dh], null for a term that is not there
 * @returns [B,H,T,T], null when neither is there
 */
export function distanceScores(
  { q, k }: { q: tf.Tensor4D; k: tf.Tensor4D },
  { keys, queries }: { keys: tf.Tensor2D | null; queries: tf.Tensor2D | null },
  relative: Relative,
): tf.Tensor4D | null {
  const [, , tokens] = q.shape;
  const rows = rowsOfDistances(tokens, relative); // of T - 1 down to 1 - T
  const seen = keys && againstDistances(q, keys, rows); // row i, column j
  const looking = queries && tf.transpose(againstDistances(k, queries, rows.toReversed()), [0, 1, 3, 2]); // row j, column i
  if (seen && looking) return tf.add<tf.Tensor4D>(seen, looking);
  return seen ?? looking;
}

/**
 * x_t . vectors[row of c], moved so that column c of row t stands c - (T - 1) + t -> [B,H,T,T].
 * @param rows [2T - 1]: the vector of each column c
 */
function againstDistances(x: tf.Tensor4D, vectors: tf.Tensor2D, rows: readonly number[]): tf.Tensor4D {
  const [batch, heads, tokens, size] = x.shape;
  const taken = gatherRows(vectors, tf.tensor1d(Int32Array.from(rows), "int32")); // [2T-1,H dh]
  const perHead = tf.reshape<tf.Rank.R4>(tf.transpose(tf.reshape(taken, [-1, heads, size]), [1, 0, 2]), [
    1,
    heads,
    -1,
    size,
  ]);
  const byHead = tf.reshape<tf.Rank.R4>(tf.transpose(x, [1, 0, 2, 3]), [1, heads, -1, size]); // [1,H,B*T,dh]
  const products = tf.tidy(() =>
    skewed(tf.reshape(batchProductTransposed(byHead, perHead), [heads * batch, tokens, 2 * tokens - 1])),
  );
  return tf.transpose(tf.reshape<tf.Rank.R4>(products, [heads, batch, tokens, tokens]), [1, 0, 2, 3]);
}

/** [N,T,2T-1] -> [N,T,T]: each row starts one column earlier than the one before. A row longer by one does it by itself. */
function skewed(x: tf.Tensor3D): tf.Tensor3D {
  const [count, tokens, wide] = x.shape;
  const padded = tf.pad(x, [
    [0, 0],
    [0, 0],
    [0, 1],
  ]);
  const flat: tf.Tensor2D = tf.reshape(padded, [count, -1]); // 2T to a row
  const cut = tf.slice(flat, [0, tokens - 1], [count, tokens * wide]);
  return tf.slice(tf.reshape<tf.Rank.R3>(cut, [count, tokens, wide]), [0, 0, 0], [count, tokens, tokens]);
}

/** The vector's row of each distance from T - 1 down to 1 - T. */
function rowsOfDistances(tokens: number, relative: Relative): number[] {
  const { span } = relative;
  return Array.from({ length: 2 * tokens - 1 }, (_, place) => {
    const row = bucketOf(tokens - 1 - place, relative) + span;
    return Math.min(Math.max(row, 0), 2 * span - 1);
  });
}

/**
 * Near distances keep theirs, far ones share buckets that widen like logarithms. In float32, as the reference rounds: a
 * quotient that is almost a whole number decides the bucket.
 */
export function bucketOf(distance: number, { buckets, farthest }: Relative): number {
  if (buckets === null) return distance;
  const middle = Math.floor(buckets / 2);
  const size = Math.abs(distance);
  if (size <= middle) return distance;
  const { fround } = Math;
  const far = fround(Math.log(fround(size / middle)));
  const range = fround(Math.log(fround((farthest - 1) / middle)));
  const steps = Math.ceil(fround(fround(far / range) * (middle - 1)));
  return Math.sign(distance) * (steps + middle);
}

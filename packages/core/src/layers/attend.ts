import { batchProduct, batchProductTransposed } from "../tensor/matrix.ts";
import * as tf from "../tensor/tf.ts";
import { softCapped } from "./activations.ts";
import type { Fork } from "./forks.ts";

/** Added to the score of a column that must not be seen; finite, so that an all-padding row stays a number. */
const HIDDEN = -1e9;

/**
 * Grouped-query attention. Scores are kept below softCap by its tanh, where there is one. query [B,H,T,dh]; blocks of keys and values [B,Hkv,S_i,dh]; mask [B or 1,1,T,S] added, or null
 * -> [B,H,T,dh]. The blocks' scores are joined rather than the blocks.
 */
export function attend(
  query: tf.Tensor4D,
  blocks: readonly { keys: tf.Tensor4D; values: tf.Tensor4D }[],
  mask: tf.Tensor4D | null,
  softCap?: number,
): tf.Tensor4D {
  const [rows, heads, tokens, headSize] = query.shape;
  const keyValueHeads = blocks[0]!.keys.shape[1];
  const grouped = tf.reshape<tf.Rank.R4>(tf.mul(query, headSize ** -0.5), [rows, keyValueHeads, -1, headSize]); // [B,Hkv,G*T,dh]
  const scores = blocks.map(({ keys }) => batchProductTransposed(grouped, keys)); // [B,Hkv,G*T,S_i]
  const joined = scores.length === 1 ? scores[0]! : tf.concat(scores, 3);
  const capped = softCap === undefined ? joined : softCapped(joined, softCap);
  const perHead = tf.reshape(capped, [rows, heads, tokens, -1]); // [B,H,T,S]
  const weights = tf.softmax(mask ? tf.add(perHead, mask) : perHead);
  const groupedWeights = tf.reshape<tf.Rank.R4>(weights, [rows, keyValueHeads, -1, weights.shape[3]!]);
  const sizes = blocks.map(({ keys }) => keys.shape[2]);
  const parts = sizes.length === 1 ? [groupedWeights] : tf.split<tf.Tensor4D>(groupedWeights, sizes, 3);
  const mixed = parts.map((part, index) => batchProduct(part, blocks[index]!.values)); // [B,Hkv,G*T,dh]
  const sum = mixed.length === 1 ? mixed[0]! : tf.addN(mixed);
  return tf.reshape(sum, [rows, heads, tokens, headSize]);
}

/**
 * What each of the last `tokens` columns may see of `columns`: itself and earlier ones, `window` in all where there is one,
 * without `padding[row]` columns at the left, and without the first response of a row where it is of the second one
 * -> [B or 1,1,T,S] to add to scores, or null when everything is seen.
 */
export function attentionMask(
  tokens: number,
  columns: number,
  padding: readonly number[],
  window: number | null = null,
  forks?: readonly Fork[],
): tf.Tensor4D | null {
  const padded = padding.some((count) => count > 0);
  if (!padded && tokens === 1 && (window === null || columns <= window)) return null;
  const rows = padded || forks ? padding.length : 1;
  const values = new Float32Array(rows * tokens * columns);
  for (let row = 0; row < rows; row++) {
    const left = padded ? Math.min(padding[row]!, columns) : 0; // a row may begin after these columns
    for (let token = 0; token < tokens; token++) {
      const start = (row * tokens + token) * columns;
      const seen = columns - tokens + token + 1;
      const first = window === null ? left : Math.max(left, seen - window);
      values.fill(HIDDEN, start, start + first);
      values.fill(HIDDEN, start + seen, start + columns);
      const fork = forks?.[row];
      if (fork && seen > fork.second) values.fill(HIDDEN, start + fork.start, start + fork.second);
    }
  }
  return tf.tensor4d(values, [rows, 1, tokens, columns]);
}

/** Every token sees the real ones of its row, which come first -> [B,1,1,T] to add to scores. */
export function attentionMaskOfLengths(lengths: readonly number[], tokens: number): tf.Tensor4D {
  const values = new Float32Array(lengths.length * tokens);
  lengths.forEach((length, row) => values.fill(HIDDEN, row * tokens + length, (row + 1) * tokens));
  return tf.tensor4d(values, [lengths.length, 1, 1, tokens]);
}

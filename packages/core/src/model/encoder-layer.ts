import { rotate } from "../layers/rotate.ts";
import type { EncoderConfig } from "../schema/encoder.ts";
import { batchProduct, batchProductTransposed } from "../tensor/matrix.ts";
import * as tf from "../tensor/tf.ts";
import { ENCODER_ACTIVATIONS } from "./encoder-activations.ts";
import { distanceScores } from "./encoder-distances.ts";
import { affineOf, normed, type Affine, type EncoderLayer } from "./encoder-weights.ts";

/** What the layers of one pass share. */
export interface EncoderPass {
  config: EncoderConfig;
  rows: number;
  /** added to attention scores, [B,1,1,T] or [B,1,T,T] */
  mask: (layer: number) => tf.Tensor4D;
  /** [1,T,1,dh] each; null where positions are not rotary */
  rotary: (layer: number) => { cos: tf.Tensor4D; sin: tf.Tensor4D } | null;
}

/** One layer, x [B*T,d] -> [B*T,d]; norms stand after the blocks, in ModernBERT before them. */
export function encoderLayer(x: tf.Tensor2D, layer: EncoderLayer, index: number, pass: EncoderPass): tf.Tensor2D {
  const { config } = pass;
  const norm = (values: tf.Tensor2D, weights: EncoderLayer["mlpNorm"] | null): tf.Tensor2D =>
    weights ? normed(values, weights, config.normEpsilon) : values;
  if (config.rotary) {
    const attended = tf.add<tf.Tensor2D>(x, attentionOf(norm(x, layer.attentionNorm), layer, index, pass));
    return tf.add(attended, mlp(norm(attended, layer.mlpNorm), layer, pass));
  }
  const attended = norm(tf.add(attentionOf(x, layer, index, pass), x), layer.attentionNorm);
  return norm(tf.add(mlp(attended, layer, pass), attended), layer.mlpNorm);
}

function mlp(x: tf.Tensor2D, { up, down }: EncoderLayer, { config }: EncoderPass): tf.Tensor2D {
  const activation = ENCODER_ACTIVATIONS[config.activation];
  const wide = affineOf(x, up);
  if (!config.rotary) return affineOf(activation(wide), down);
  const [input, gate] = tf.split<tf.Tensor2D>(wide, 2, 1);
  return affineOf(tf.mul(activation(input!), gate!), down);
}

function attentionOf(x: tf.Tensor2D, layer: EncoderLayer, index: number, pass: EncoderPass): tf.Tensor2D {
  const { config, rows } = pass;
  const size = config.hiddenSize / config.heads;
  const turn = pass.rotary(index);
  const perHead = (part: Affine, isTurned: boolean): tf.Tensor4D => {
    const split = tf.reshape<tf.Rank.R4>(affineOf(x, part), [rows, -1, config.heads, size]); // [B,T,H,dh]
    return tf.transpose(turn && isTurned ? rotate(split, turn.cos, turn.sin) : split, [0, 2, 1, 3]); // [B,H,T,dh]
  };
  const scale = (config.scoreTerms * size) ** -0.5;
  const [q, k] = [tf.mul<tf.Tensor4D>(perHead(layer.q, true), scale), perHead(layer.k, true)];
  const scores = tf.add<tf.Tensor4D>(scoresOf(q, k, scale, layer, config), pass.mask(index));
  const mixed = tf.transpose(batchProduct(tf.softmax(scores), perHead(layer.v, false)), [0, 2, 1, 3]);
  return affineOf(tf.reshape(mixed, x.shape), layer.out);
}

/** Of content, and of distances where the model looks at them -> [B,H,T,T]. @param q already scaled */
function scoresOf(
  q: tf.Tensor4D,
  k: tf.Tensor4D,
  scale: number,
  { distanceKeys: keys, distanceQueries: queries }: EncoderLayer,
  { relative }: EncoderConfig,
): tf.Tensor4D {
  const content = batchProductTransposed(q, k);
  const distances = relative && distanceScores({ q, k: tf.mul(k, scale) }, { keys, queries }, relative);
  return distances ? tf.add<tf.Tensor4D>(content, distances) : content;
}

import { join } from "node:path";
import { openWeights } from "../files/sharded.ts";
import { attentionMaskOfLengths } from "../layers/attend.ts";
import type { EncoderConfig } from "../schema/encoder.ts";
import { openEngine } from "../tensor/engine.ts";
import { gatherRows } from "../tensor/gather.ts";
import * as tf from "../tensor/tf.ts";
import { parseEncoderJson } from "./encoder-config.ts";
import { encoderLayer, type EncoderPass } from "./encoder-layer.ts";
import { checkEncoderRows, positionsOf, reachMask, rotaryColumns, type EncoderBatch } from "./encoder-rows.ts";
import { affineOf, normed, readEncoderWeights, weightReader, type EncoderWeights } from "./encoder-weights.ts";
import { CONFIG_FILE, hashFiles, readConfigJson } from "./model-folder.ts";

/** A frozen encoder in float32: the backbone of a classifier. */
export interface Encoder {
  config: EncoderConfig;
  sha256: string;
  weights: EncoderWeights;
  dispose(): void;
}

/**
 * Reads the backbone of an encoder's folder; opens the engine when none is open.
 * @throws UniArmError model-missing-file, model-config-invalid, model-unsupported, model-tensor-missing, model-tensor-shape, safetensors-*
 */
export async function loadEncoder(folder: string): Promise<Encoder> {
  const config = parseEncoderJson(await readConfigJson(folder), join(folder, CONFIG_FILE));
  const { paths, tensors } = await openWeights(folder);
  await openEngine();
  const read = weightReader(tensors, folder);
  try {
    const weights = readEncoderWeights(config, read);
    return { config, sha256: await hashFiles(paths), weights, dispose: () => read.dispose() };
  } catch (error) {
    read.dispose();
    throw error;
  }
}

/**
 * Token ids [B][T] -> hidden states [B,T,d]; the caller owns them.
 * @throws UniArmError ids-out-of-range, context-exceeded, rows-unequal
 */
export function encode({ config, weights }: Encoder, batch: EncoderBatch): tf.Tensor3D {
  checkEncoderRows(config, batch);
  const [rows, tokens] = [batch.ids.length, batch.ids[0]!.length];
  return tf.tidy(() => {
    const pass = passOf(config, batch, rows, tokens);
    let x = embed(config, weights, batch); // [B*T,d]
    weights.layers.forEach((layer, index) => {
      const before = x;
      x = tf.tidy(() => encoderLayer(before, layer, index, pass));
      before.dispose();
    });
    if (weights.finalNorm) x = normed(x, weights.finalNorm, config.normEpsilon);
    return tf.reshape<tf.Rank.R3>(x, [rows, tokens, config.hiddenSize]);
  });
}

function embed(config: EncoderConfig, weights: EncoderWeights, { ids, types }: EncoderBatch): tf.Tensor2D {
  const rowsAt = (table: tf.Tensor2D, places: readonly number[]): tf.Tensor2D =>
    gatherRows(table, tf.tensor1d(Int32Array.from(places), "int32"));
  const flat = ids.flat();
  let x = rowsAt(weights.words, flat); // [B*T,e]
  if (weights.tokenTypes) x = tf.add(x, rowsAt(weights.tokenTypes, types?.flat() ?? flat.map(() => 0)));
  if (weights.positions) x = tf.add(x, rowsAt(weights.positions, positionsOf(config, ids)));
  x = normed(x, weights.embeddingNorm, config.normEpsilon);
  return weights.widen ? affineOf(x, weights.widen) : x;
}

function passOf(config: EncoderConfig, { lengths }: EncoderBatch, rows: number, tokens: number): EncoderPass {
  const everywhere = attentionMaskOfLengths(lengths, tokens); // [B,1,1,T]
  const { rotary } = config;
  if (!rotary) return { config, rows, mask: () => everywhere, rotary: () => null };
  const near: tf.Tensor4D = tf.add(everywhere, reachMask(rotary.reach, tokens)); // [B,1,T,T]
  const size = config.hiddenSize / config.heads;
  const [wide, local] = [rotary.globalTheta, rotary.localTheta].map((theta) => rotaryColumns(theta, tokens, size));
  const isLocal = (layer: number): boolean => rotary.localLayers.includes(layer);
  return {
    config,
    rows,
    mask: (layer) => (isLocal(layer) ? near : everywhere),
    rotary: (layer) => (isLocal(layer) ? local! : wide!),
  };
}

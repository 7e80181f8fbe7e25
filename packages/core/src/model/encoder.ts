import { z } from "zod";
import { openWeights } from "../files/sharded.ts";
import { attentionMaskOfLengths } from "../layers/attend.ts";
import { layerNorm } from "../layers/norms.ts";
import { EncoderConfig } from "../schema/encoder.ts";
import { UniArmError } from "../schema/error.ts";
import { openEngine } from "../tensor/engine.ts";
import { gatherRows } from "../tensor/gather.ts";
import { batchProduct, batchProductTransposed, linear } from "../tensor/matrix.ts";
import * as tf from "../tensor/tf.ts";
import { loadTensor } from "./file-source.ts";
import { hashFiles, readConfigJson } from "./model-folder.ts";

interface Affine {
  /** [out,in] */
  weight: tf.Tensor2D;
  /** [out] */
  bias: tf.Tensor1D;
}

interface NormPair {
  weight: tf.Tensor1D;
  bias: tf.Tensor1D;
}

interface EncoderLayer {
  q: Affine;
  k: Affine;
  v: Affine;
  out: Affine;
  attentionNorm: NormPair;
  up: Affine;
  down: Affine;
  outputNorm: NormPair;
}

/** A frozen DistilBERT in float32. */
export interface Encoder {
  config: EncoderConfig;
  sha256: string;
  embedding: tf.Tensor2D;
  positions: tf.Tensor2D;
  embeddingNorm: NormPair;
  layers: EncoderLayer[];
  dispose(): void;
}

/** DistilBERT's LayerNorms do not take theirs from config.json. */
const EPSILON = 1e-12;

/**
 * Reads the backbone of a DistilBERT folder; opens the engine when none is open.
 * @throws UniArmError model-missing-file, model-config-invalid, model-tensor-missing, model-tensor-shape, safetensors-*
 */
export async function loadEncoder(folder: string): Promise<Encoder> {
  const parsed = EncoderConfig.safeParse(await readConfigJson(folder));
  if (!parsed.success) {
    const what = z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, " ");
    throw new UniArmError("model-config-invalid", `config.json of ${folder} is not that of a DistilBERT: ${what}.`);
  }
  const config = parsed.data;
  const { paths, tensors } = await openWeights(folder);
  await openEngine();
  const held: tf.Tensor[] = [];
  const load = <T extends tf.Tensor>(name: string, shape: number[]): T => {
    const tensor = loadTensor(tensors, `distilbert.${name}`, shape, folder);
    held.push(tensor);
    return tensor as T;
  };
  const affine = (name: string, out: number, size: number): Affine => ({
    weight: load(`${name}.weight`, [out, size]),
    bias: load(`${name}.bias`, [out]),
  });
  const { dim, hidden_dim: wide } = config;
  const norm = (name: string): NormPair => ({
    weight: load(`${name}.weight`, [dim]),
    bias: load(`${name}.bias`, [dim]),
  });
  const dispose = (): void => {
    tf.dispose(held);
  };
  try {
    return {
      config,
      sha256: await hashFiles(paths),
      dispose,
      embedding: load("embeddings.word_embeddings.weight", [config.vocab_size, dim]),
      positions: load("embeddings.position_embeddings.weight", [config.max_position_embeddings, dim]),
      embeddingNorm: norm("embeddings.LayerNorm"),
      layers: Array.from({ length: config.n_layers }, (_, index): EncoderLayer => {
        const at = `transformer.layer.${index}`;
        return {
          q: affine(`${at}.attention.q_lin`, dim, dim),
          k: affine(`${at}.attention.k_lin`, dim, dim),
          v: affine(`${at}.attention.v_lin`, dim, dim),
          out: affine(`${at}.attention.out_lin`, dim, dim),
          attentionNorm: norm(`${at}.sa_layer_norm`),
          up: affine(`${at}.ffn.lin1`, wide, dim),
          down: affine(`${at}.ffn.lin2`, dim, wide),
          outputNorm: norm(`${at}.output_layer_norm`),
        };
      }),
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** Right-padded token ids [B][T] and the real tokens of each row -> hidden states [B,T,d]; the caller owns them. */
export function encode(encoder: Encoder, ids: readonly (readonly number[])[], lengths: readonly number[]): tf.Tensor3D {
  const { config, embedding, positions, embeddingNorm } = encoder;
  const [rows, tokens, dim] = [ids.length, ids[0]!.length, config.dim];
  return tf.tidy(() => {
    const words = gatherRows(embedding, tf.tensor1d(Int32Array.from(ids.flat()), "int32"));
    const places = tf.slice(positions, [0, 0], [tokens, dim]); // the same for every row
    const placed = tf.add(tf.reshape(words, [rows, tokens, dim]), places);
    const mask = attentionMaskOfLengths(lengths, tokens);
    let x = normed(tf.reshape(placed, [-1, dim]), embeddingNorm); // [B*T,d]
    for (const layer of encoder.layers) {
      const mixed = affineOf(selfAttention(x, layer, rows, config.n_heads, mask), layer.out);
      x = normed(tf.add(mixed, x), layer.attentionNorm);
      x = normed(tf.add(affineOf(gelu(affineOf(x, layer.up)), layer.down), x), layer.outputNorm);
    }
    return tf.reshape<tf.Rank.R3>(x, [rows, tokens, dim]);
  });
}

/** x weight^T + bias: [N,in] -> [N,out]. */
export function affineOf(x: tf.Tensor2D, { weight, bias }: Affine): tf.Tensor2D {
  return tf.add(linear(x, weight), bias);
}

const normed = (x: tf.Tensor2D, { weight, bias }: NormPair): tf.Tensor2D => layerNorm(x, weight, bias, EPSILON);

/** GELU itself, x Phi(x), not the tanh formula that GPT-2 takes for it. */
const gelu = (x: tf.Tensor2D): tf.Tensor2D => tf.mul(tf.mul(0.5, x), tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))));

function selfAttention(
  x: tf.Tensor2D,
  layer: EncoderLayer,
  rows: number,
  heads: number,
  mask: tf.Tensor4D,
): tf.Tensor2D {
  const size = x.shape[1] / heads;
  const perHead = (part: Affine): tf.Tensor4D =>
    tf.transpose(tf.reshape<tf.Rank.R4>(affineOf(x, part), [rows, -1, heads, size]), [0, 2, 1, 3]); // [B,H,T,dh]
  const query = tf.mul<tf.Tensor4D>(perHead(layer.q), size ** -0.5);
  const weights = tf.softmax(tf.add<tf.Tensor4D>(batchProductTransposed(query, perHead(layer.k)), mask)); // [B,H,T,T]
  const mixed = tf.transpose(batchProduct(weights, perHead(layer.v)), [0, 2, 1, 3]);
  return tf.reshape(mixed, x.shape);
}

import type { StoredTensor } from "../files/stored-tensor.ts";
import { layerNorm } from "../layers/norms.ts";
import type { EncoderConfig } from "../schema/encoder.ts";
import { linear } from "../tensor/matrix.ts";
import * as tf from "../tensor/tf.ts";
import { ENCODER_NAMES, RELATIVE_NAMES, type EncoderNames } from "./encoder-names.ts";
import { loadTensor } from "./file-source.ts";

export interface Affine {
  /** [out,in] */
  weight: tf.Tensor2D;
  /** [out] */
  bias: tf.Tensor1D | null;
}

export interface EncoderNorm {
  weight: tf.Tensor1D;
  bias: tf.Tensor1D;
}

export interface EncoderLayer {
  q: Affine;
  k: Affine;
  v: Affine;
  out: Affine;
  /** null: the first layer of ModernBERT reads what the embeddings' norm left */
  attentionNorm: EncoderNorm | null;
  up: Affine;
  down: Affine;
  mlpNorm: EncoderNorm;
  /** keys and queries of distances, [2 span,d] each; null where none are looked at */
  distanceKeys: tf.Tensor2D | null;
  distanceQueries: tf.Tensor2D | null;
}

export interface EncoderWeights {
  /** [V,e] */
  words: tf.Tensor2D;
  positions: tf.Tensor2D | null;
  tokenTypes: tf.Tensor2D | null;
  embeddingNorm: EncoderNorm;
  widen: Affine | null;
  layers: EncoderLayer[];
  finalNorm: EncoderNorm | null;
}

/** Reads weights by name and keeps them until its owner disposes of them. */
export interface WeightReader {
  matrix(name: string, out: number | null, size: number): tf.Tensor2D;
  affine(name: string, out: number | null, size: number, hasBias: boolean): Affine;
  normOf(name: string, size: number, hasBias: boolean): EncoderNorm;
  /** Keeps a tensor that was computed from weights. */
  hold<T extends tf.Tensor>(tensor: T): T;
  dispose(): void;
}

export function weightReader(tensors: ReadonlyMap<string, StoredTensor>, folder: string): WeightReader {
  const held: tf.Tensor[] = [];
  const hold = <T extends tf.Tensor>(tensor: T): T => {
    held.push(tf.keep(tensor));
    return tensor;
  };
  const load = <T extends tf.Tensor>(name: string, shape: (number | null)[]): T =>
    hold(loadTensor(tensors, name, shape, folder)) as T;
  const matrix = (name: string, out: number | null, size: number): tf.Tensor2D => load(`${name}.weight`, [out, size]);
  return {
    matrix,
    affine: (name, out, size, hasBias) => {
      const weight = matrix(name, out, size);
      return { weight, bias: hasBias ? load(`${name}.bias`, [weight.shape[0]]) : null };
    },
    normOf: (name, size, hasBias) => {
      const isOld = !tensors.has(`${name}.weight`) && tensors.has(`${name}.gamma`); // as the first BERTs were written
      const weight = load<tf.Tensor1D>(`${name}.${isOld ? "gamma" : "weight"}`, [size]);
      const bias = hasBias
        ? load<tf.Tensor1D>(`${name}.${isOld ? "beta" : "bias"}`, [size])
        : hold(tf.zeros<tf.Rank.R1>([size]));
      return { weight, bias };
    },
    hold,
    dispose: () => {
      tf.dispose(held);
    },
  };
}

export function readEncoderWeights(config: EncoderConfig, read: WeightReader): EncoderWeights {
  const names = ENCODER_NAMES[config.modelType];
  const { hiddenSize: width, embeddingSize: narrow, biases, positions, tokenTypes } = config;
  const distances = distanceVectors(config, read);
  return {
    words: read.matrix(names.words, config.vocabularySize, narrow),
    positions: positions && names.positions !== null ? read.matrix(names.positions, positions.rows, narrow) : null,
    tokenTypes: tokenTypes > 0 && names.tokenTypes !== null ? read.matrix(names.tokenTypes, tokenTypes, narrow) : null,
    embeddingNorm: read.normOf(names.embeddingNorm, narrow, biases.norm),
    widen: names.widen !== null && narrow !== width ? read.affine(names.widen, width, narrow, true) : null,
    layers: Array.from({ length: config.layers }, (_, index) => layerOf(config, names, index, read, distances)),
    finalNorm: names.finalNorm === null ? null : read.normOf(names.finalNorm, width, biases.norm),
  };
}

function layerOf(
  config: EncoderConfig,
  names: EncoderNames,
  index: number,
  read: WeightReader,
  distances: tf.Tensor2D | null,
): EncoderLayer {
  const { hiddenSize: width, intermediateSize: wide, biases, rotary } = config;
  const at = (name: string): string => `${names.layers}.${index}.${name}`;
  const attention = attentionOf(config, names, at, read);
  const isFirstOfPreNorm = names.finalNorm !== null && index === 0;
  return {
    q: attention.q,
    k: attention.k,
    v: attention.v,
    out: read.affine(at(names.out), width, width, biases.attention),
    attentionNorm: isFirstOfPreNorm ? null : read.normOf(at(names.attentionNorm), width, biases.norm),
    up: read.affine(at(names.up), rotary ? 2 * wide : wide, width, biases.mlp),
    down: read.affine(at(names.down), width, wide, biases.mlp),
    mlpNorm: read.normOf(at(names.mlpNorm), width, biases.norm),
    distanceKeys: ofDistances(config, distances, "contentToPosition", attention.k, at(RELATIVE_NAMES.key), read),
    distanceQueries: ofDistances(config, distances, "positionToContent", attention.q, at(RELATIVE_NAMES.query), read),
  };
}

function attentionOf(
  { hiddenSize: width, biases }: EncoderConfig,
  { attention: names }: EncoderNames,
  at: (name: string) => string,
  read: WeightReader,
): Pick<EncoderLayer, "q" | "k" | "v"> {
  const own = (name: string): Affine => read.affine(at(name), width, width, biases.attention);
  if (!("qkv" in names)) return { q: own(names.q), k: own(names.k), v: own(names.v) };
  const { weight, bias } = read.affine(at(names.qkv), 3 * width, width, biases.attention);
  const part = (place: number): Affine => ({
    weight: read.hold(tf.slice(weight, [place * width, 0], [width, width])),
    bias: bias && read.hold(tf.slice(bias, [place * width], [width])),
  });
  return { q: part(0), k: part(1), v: part(2) };
}

/** [2 span,d]: a vector for each distance, those to the right first; null where attention does not look at distances. */
function distanceVectors({ relative, hiddenSize, normEpsilon }: EncoderConfig, read: WeightReader): tf.Tensor2D | null {
  if (!relative) return null;
  const vectors = read.matrix(RELATIVE_NAMES.vectors, 2 * relative.span, hiddenSize);
  if (!relative.normed) return vectors;
  const norm = read.normOf(RELATIVE_NAMES.norm, hiddenSize, true);
  return read.hold(tf.tidy(() => normed(vectors, norm, normEpsilon)));
}

/** What a layer makes of them once and for all: they are the same for every text. */
function ofDistances(
  { relative, hiddenSize: width }: EncoderConfig,
  distances: tf.Tensor2D | null,
  term: "contentToPosition" | "positionToContent",
  shared: Affine,
  own: string,
  read: WeightReader,
): tf.Tensor2D | null {
  if (!relative || !distances || !relative[term]) return null;
  const matrix = relative.sharedKeys ? shared : read.affine(own, width, width, true);
  return read.hold(tf.tidy(() => affineOf(distances, matrix)));
}

/** x weight^T + bias: [N,in] -> [N,out]. */
export function affineOf(x: tf.Tensor2D, { weight, bias }: Affine): tf.Tensor2D {
  const product = linear(x, weight) as tf.Tensor2D;
  return bias ? tf.add(product, bias) : product;
}

/** LayerNorm of [N,d]. */
export function normed(x: tf.Tensor2D, { weight, bias }: EncoderNorm, epsilon: number): tf.Tensor2D {
  return layerNorm(x, weight, bias, epsilon);
}

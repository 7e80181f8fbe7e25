import { UniArmError } from "../schema/error.ts";
import type { ModelConfig } from "../schema/model.ts";
import { gatherRows } from "../tensor/gather.ts";
import { disposeMatrix, linear, type Matrix } from "../tensor/matrix.ts";
import * as tf from "../tensor/tf.ts";
import { adaptRows, type AdapterRows } from "./adapter-rows.ts";
import { attend, attentionMask } from "./attention.ts";
import { KvCache } from "./kv-cache.ts";
import { rmsNorm, rotaryTable, rotate, swiGlu } from "./layers.ts";

/** A linear module: weight [out, in] and, in merged models, a bias [out]. */
export interface Projection {
  matrix: Matrix;
  bias: tf.Tensor1D | null;
}

export interface LayerWeights {
  inputNorm: tf.Tensor1D;
  attentionNorm: tf.Tensor1D;
  /** by the last part of the module name: q_proj ... down_proj */
  projections: Record<"q_proj" | "k_proj" | "v_proj" | "o_proj" | "gate_proj" | "up_proj" | "down_proj", Projection>;
}

export interface TransformerWeights {
  embedding: tf.Tensor2D;
  layers: LayerWeights[];
  norm: tf.Tensor1D;
  /** its values are the embedding when they are tied */
  head: Matrix;
}

/** A decoder-only Llama: frozen, or (for pre-training) with every weight a variable. */
export interface Transformer {
  config: ModelConfig;
  weights: TransformerWeights;
  trainable: boolean;
  /** sha256 of model.safetensors; empty for a model that was never a file */
  sha256: string;
  folder: string;
  rotary: { cos: tf.Tensor2D; sin: tf.Tensor2D };
}

export interface ForwardOptions {
  /** columns of padding at the left of each row; with a cache, those of the cache count */
  padding?: readonly number[];
  adapters?: readonly AdapterRows[];
  /** keys and values of earlier columns; the new ones are added */
  cache?: KvCache;
}

/**
 * Token ids [B][T] -> hidden states [B,T,d] after the final norm; the caller owns them.
 * Positions count real tokens only. Right-padded rows need no mask: attention looks back only.
 * @throws UniArmError ids-out-of-range, context-exceeded, rows-unequal
 */
export function forward(
  model: Transformer,
  ids: readonly (readonly number[])[],
  options: ForwardOptions = {},
): tf.Tensor3D {
  const { config, weights } = model;
  const adapters = options.adapters ?? [];
  const past = options.cache?.length ?? 0;
  const padding = options.cache?.padding ?? options.padding ?? ids.map(() => 0);
  checkIds(ids, config, past, padding);
  const tokens = ids[0]?.length ?? 0;
  const rows = ids.length;

  const hidden = tf.tidy(() => {
    const { cos, sin } = rotaryAt(model, past, tokens, padding);
    const mask = attentionMask(tokens, past + tokens, padding);
    const project = (
      layer: number,
      group: "self_attn" | "mlp",
      name: keyof LayerWeights["projections"],
      x: tf.Tensor3D,
    ): tf.Tensor3D => {
      const { matrix, bias } = weights.layers[layer]!.projections[name];
      const product = linear(x, matrix) as tf.Tensor3D;
      const out: tf.Tensor3D = bias ? tf.add(product, bias) : product;
      return adaptRows(adapters, `layers.${layer}.${group}.${name}`, x, out);
    };
    const heads = (x: tf.Tensor3D, count: number): tf.Tensor4D => tf.reshape(x, [rows, tokens, count, config.headSize]);
    const norm = (x: tf.Tensor3D, weight: tf.Tensor1D): tf.Tensor3D =>
      rmsNorm(x, weight, config.rmsNormEpsilon, model.trainable);

    let x = embed(model, ids); // [B,T,d]
    for (let layer = 0; layer < config.layers; layer++) {
      const { inputNorm, attentionNorm } = weights.layers[layer]!;
      const normed = norm(x, inputNorm);
      const query = headsFirst(rotate(heads(project(layer, "self_attn", "q_proj", normed), config.heads), cos, sin));
      const keys = headsFirst(
        rotate(heads(project(layer, "self_attn", "k_proj", normed), config.keyValueHeads), cos, sin),
      );
      const values = headsFirst(heads(project(layer, "self_attn", "v_proj", normed), config.keyValueHeads));
      const blocks = options.cache ? options.cache.append(layer, keys, values) : [{ keys, values }];
      const mixed = headsFirst(attend(query, blocks, mask)); // back to [B,T,H,dh]
      const flat: tf.Tensor3D = tf.reshape(mixed, [rows, tokens, config.heads * config.headSize]);
      x = tf.add(x, project(layer, "self_attn", "o_proj", flat));

      const inner = norm(x, attentionNorm);
      const gated = swiGlu(project(layer, "mlp", "gate_proj", inner), project(layer, "mlp", "up_proj", inner));
      x = tf.add(x, project(layer, "mlp", "down_proj", gated as tf.Tensor3D));
    }
    return norm(x, weights.norm);
  });
  options.cache?.advance(tokens);
  return hidden;
}

/** hidden [..., d] -> logits [..., V]. */
export function logitsOf(model: Transformer, hidden: tf.Tensor): tf.Tensor {
  return linear(hidden, model.weights.head);
}

export function createKvCache(model: Transformer, padding: readonly number[]): KvCache {
  return new KvCache(model.config.layers, padding);
}

export function rotaryOf(config: ModelConfig): Transformer["rotary"] {
  return rotaryTable(config.contextTokens, config.headSize, config.ropeTheta);
}

export function disposeTransformer(model: Transformer): void {
  const { weights } = model;
  for (const { inputNorm, attentionNorm, projections } of weights.layers) {
    inputNorm.dispose();
    attentionNorm.dispose();
    for (const { matrix, bias } of Object.values(projections)) {
      disposeMatrix(matrix);
      bias?.dispose();
    }
  }
  weights.norm.dispose();
  disposeMatrix(weights.head);
  if (weights.head.values !== weights.embedding) weights.embedding.dispose();
  model.rotary.cos.dispose();
  model.rotary.sin.dispose();
}

function embed(model: Transformer, ids: readonly (readonly number[])[]): tf.Tensor3D {
  const flat = tf.tensor1d(Int32Array.from(ids.flat()), "int32");
  return tf.reshape(gatherRows(model.weights.embedding, flat), [ids.length, -1, model.config.hiddenSize]);
}

/** [B,T,heads,dh] <-> [B,heads,T,dh] */
function headsFirst(x: tf.Tensor4D): tf.Tensor4D {
  const [rows, first, second, size] = x.shape;
  return first === 1 || second === 1 ? tf.reshape(x, [rows, second, first, size]) : tf.transpose(x, [0, 2, 1, 3]);
}

/** cos and sin of the new columns' positions: [1,T,1,dh] when all rows agree, else [B,T,1,dh]. */
function rotaryAt(
  model: Transformer,
  past: number,
  tokens: number,
  padding: readonly number[],
): { cos: tf.Tensor4D; sin: tf.Tensor4D } {
  const rows = padding.every((count) => count === padding[0]) ? padding.slice(0, 1) : padding;
  const positions = Int32Array.from(
    rows.flatMap((left) => Array.from({ length: tokens }, (_, token) => Math.max(0, past + token - left))),
  );
  const indices = tf.tensor1d(positions, "int32");
  const at = (table: tf.Tensor2D): tf.Tensor4D =>
    tf.reshape(tf.gather(table, indices), [rows.length, tokens, 1, model.config.headSize]);
  return { cos: at(model.rotary.cos), sin: at(model.rotary.sin) };
}

function checkIds(
  ids: readonly (readonly number[])[],
  config: ModelConfig,
  past: number,
  padding: readonly number[],
): void {
  const tokens = ids[0]?.length ?? 0;
  if (padding.length !== ids.length) {
    throw new UniArmError(
      "rows-unequal",
      `The batch has ${ids.length} rows but the cache or padding is for ${padding.length}; both need the same rows.`,
    );
  }
  const longest = past + tokens - Math.min(...padding);
  if (longest > config.contextTokens) {
    throw new UniArmError(
      "context-exceeded",
      `A row of ${longest} tokens does not fit the model's context of ${config.contextTokens} tokens. Shorten the prompt or generate less.`,
    );
  }
  ids.forEach((row, index) => {
    if (row.length !== tokens || tokens === 0) {
      throw new UniArmError(
        "rows-unequal",
        `Row ${index} has ${row.length} tokens; all rows need the same number, at least 1: row 0 has ${tokens}.`,
      );
    }
    for (const id of row) {
      if (Number.isInteger(id) && id >= 0 && id < config.vocabularySize) continue;
      throw new UniArmError(
        "ids-out-of-range",
        `Token id ${id} in row ${index} is outside the model's vocabulary of ${config.vocabularySize} ids (0 to ${config.vocabularySize - 1}). ` +
          "Use the tokenizer that belongs to the model.",
      );
    }
  });
}

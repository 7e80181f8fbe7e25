import { gelu, swiGlu } from "../layers/activations.ts";
import { checkAdapterRows, type AdapterRows } from "../layers/adapter-rows.ts";
import { attention } from "../layers/attention.ts";
import { columnsOf, positionsOf, type Columns, type NewColumns } from "../layers/columns.ts";
import { rowsOf } from "../layers/embedding.ts";
import { headNorms, type HeadNormWeights } from "../layers/head-norms.ts";
import { KvCache } from "../layers/kv-cache.ts";
import { addNorm, residualSum, type NormOptions, type NormWeights, type Residual } from "../layers/norms.ts";
import { project, type ProjectionGroup } from "../layers/project.ts";
import { recomputedLayer } from "../layers/recompute.ts";
import { growRotary, type Rotary } from "../layers/rotary.ts";
import { UniArmError } from "../schema/error.ts";
import type { ModelConfig } from "../schema/model.ts";
import { linear, type Matrix } from "../tensor/matrix.ts";
import { nativeOps, type FloatType } from "../tensor/native.ts";
import * as tf from "../tensor/tf.ts";
import { FAMILIES } from "./family.ts";
import { longestRow, newColumns } from "./new-columns.ts";

/** Modules that read the same input are a group: q, k and v; o; gate and up (up alone without a gate); down. */
export interface LayerWeights {
  inputNorm: NormWeights;
  qkv: ProjectionGroup;
  /** null where the family has none */
  headNorms: HeadNormWeights | null;
  o: ProjectionGroup;
  attentionNorm: NormWeights;
  gateUp: ProjectionGroup;
  down: ProjectionGroup;
}

export interface TransformerWeights {
  /** [V,d] */
  embedding: tf.Tensor2D;
  /** learned positions [context,d]; null where positions are rotary */
  positions: tf.Tensor2D | null;
  layers: LayerWeights[];
  norm: NormWeights;
  /** its values are the embedding when they are tied; null for a model loaded without one, as classifiers are */
  head: Matrix | null;
}

/** A decoder-only model: frozen, or (for pre-training) with every weight a variable. */
export interface Transformer {
  config: ModelConfig;
  weights: TransformerWeights;
  trainable: boolean;
  /** how the engine holds the weights of a frozen model */
  baseWeights: FloatType;
  /** sha256 of model.safetensors; empty for a model that was never a file */
  sha256: string;
  folder: string;
  rotary: Rotary;
}

export interface ForwardOptions {
  /** columns of padding at the left of each row; with a cache, those of the cache count */
  padding?: readonly number[];
  adapters?: readonly AdapterRows[];
  /** keys and values of earlier columns; the new ones are added */
  cache?: KvCache;
  /** For training: layers are computed again on the way back instead of keeping what they made. No effect on a trainable model or with a cache. */
  recompute?: boolean;
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
  const { config, weights, rotary } = model;
  const { adapters = [], cache = null } = options;
  const added = newColumns(config, ids, cache ?? options);
  checkAdapterRows(adapters);
  growRotary(rotary, config, longestRow(added));
  const pass: Pass = { model, added, cache, columns: () => columnsOf(rotary, added, windowsOf(config)) };
  const recompute = options.recompute && !model.trainable && !cache;

  const hidden = tf.tidy(() => {
    const columns = recompute ? null : pass.columns(); // layers that are computed again make their own
    let x: Residual = { sum: embed(model, ids, added), delta: null }; // [B*T,d], the residual stream
    for (const index of weights.layers.keys())
      x = columns ? block(pass, index, x, adapters, columns) : recomputedBlock(pass, index, x, adapters);
    const { normed } = addNorm(x, weights.norm, { ...normOptions(model), type: "float32" });
    return tf.reshape<tf.Rank.R3>(normed, [added.rows, added.tokens, config.hiddenSize]); // [B,T,d]
  });
  cache?.advance(added.tokens);
  return hidden;
}

/** What the layers of one pass share. */
interface Pass {
  model: Transformer;
  added: NewColumns;
  cache: KvCache | null;
  /** masks and rotary tables of the new columns, for the caller's tidy */
  columns: () => Columns;
}

/**
 * One layer, x [B*T,d] -> [B*T,d]: x += o(attention(qkv(norm(x)))), then x += down(activation(gateUp(norm(x)))). An adapter
 * adds its part to the linear modules, on its rows. The last sum is left to the next norm, which makes both in one operation.
 */
function block(
  { model, added: { tokens }, cache }: Pass,
  index: number,
  x: Residual,
  adapters: readonly AdapterRows[],
  columns: Columns,
): Residual {
  const { config } = model;
  const layer = model.weights.layers[index]!;
  const options = normOptions(model);
  const apply = (group: ProjectionGroup, input: tf.Tensor2D): tf.Tensor2D[] =>
    group.map((projection) => project(projection, input, adapters, tokens));

  const beforeAttention = addNorm(x, layer.inputNorm, options);
  const qkv = apply(layer.qkv, beforeAttention.normed); // [B*T,(H + 2 Hkv) dh], side by side or each in its own
  const heads = layer.headNorms ? headNorms(qkv, layer.headNorms, config, options) : qkv;
  const sizes = { ...config, window: windowOf(config, index) };
  const mixed = attention(heads, sizes, columns, cache?.layer(index, tokens) ?? null); // [B*T,H dh]
  const [attended] = apply(layer.o, mixed); // [B*T,d]

  const beforeMlp = addNorm({ sum: beforeAttention.sum, delta: attended! }, layer.attentionNorm, options);
  const wide = apply(layer.gateUp, beforeMlp.normed); // [B*T,w], twice that with a gate
  const active = FAMILIES[config.modelType].mlp === "gated" ? swiGlu(wide) : gelu(wide[0]!); // [B*T,w]
  const [out] = apply(layer.down, active); // [B*T,d]
  return { sum: beforeMlp.sum, delta: out! };
}

/** The same layer, of which only the input is kept for the way back. */
function recomputedBlock(pass: Pass, index: number, x: Residual, adapters: readonly AdapterRows[]): Residual {
  const { qkv, o, gateUp, down } = pass.model.weights.layers[index]!;
  const sum = recomputedLayer(residualSum(x), adapters, [qkv, o, gateUp, down].flat(), (input, entries) =>
    // columns of its own: by then those of the pass are gone
    residualSum(block(pass, index, { sum: input, delta: null }, entries, pass.columns())),
  );
  return { sum, delta: null };
}

/** Token ids [B][T] -> [B*T,d], float32. */
function embed(
  { weights: { embedding, positions } }: Transformer,
  ids: readonly (readonly number[])[],
  added: NewColumns,
): tf.Tensor2D {
  const tokens = rowsOf(embedding, Int32Array.from(ids.flat()));
  return positions ? tf.add(tokens, rowsOf(positions, positionsOf(added))) : tokens;
}

/** hidden [..., d] -> logits [..., V]. @throws UniArmError model-without-head */
export function logitsOf(model: Transformer, hidden: tf.Tensor): tf.Tensor {
  return linear(hidden, headOf(model));
}

/** @throws UniArmError model-without-head */
export function headOf({ weights, folder }: Transformer): Matrix {
  if (weights.head) return weights.head;
  const where = folder === "" ? "The model" : `The model of ${folder}`;
  throw new UniArmError(
    "model-without-head",
    `${where} was loaded without a language-model head, so it gives hidden states but no logits. Load a causal language model for this.`,
  );
}

/** An empty cache for rows with this padding. @param expectedColumns room to start with; the cache grows where it must */
export function createKvCache(model: Transformer, padding: readonly number[], expectedColumns = 0): KvCache {
  return new KvCache({ ...model.config, type: activationType(model) }, padding, expectedColumns);
}

/** How a pass stores what flows between the projections. */
const activationType = ({ baseWeights }: Transformer): FloatType => (nativeOps() ? baseWeights : "float32");

const normOptions = (model: Transformer): NormOptions => ({
  epsilon: model.config.normEpsilon,
  trainable: model.trainable,
  type: activationType(model),
});

/** How many tokens a token of this layer sees, itself included; null: all before it. */
const windowOf = ({ slidingWindow }: ModelConfig, layer: number): number | null =>
  slidingWindow?.layers.includes(layer) ? slidingWindow.tokens : null;

const windowsOf = (config: ModelConfig): (number | null)[] => [
  ...new Set(Array.from({ length: config.layers }, (_, layer) => windowOf(config, layer))),
];

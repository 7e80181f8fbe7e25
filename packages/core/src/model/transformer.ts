import { activated, gated, softCapped } from "../layers/activations.ts";
import { checkAdapterRows, type AdapterRows } from "../layers/adapter-rows.ts";
import { attention, type HeadSizes } from "../layers/attention.ts";
import { columnsOf, positionsOf, type Columns, type LayerColumns, type NewColumns } from "../layers/columns.ts";
import { rowsOf, withEmbeddingDeltas, type EmbeddingTable } from "../layers/embedding.ts";
import { mixture, type ExpertWeights } from "../layers/experts.ts";
import type { Fork } from "../layers/forks.ts";
import { headNorms, type HeadNormWeights } from "../layers/head-norms.ts";
import { KvCache } from "../layers/kv-cache.ts";
import {
  addNorm,
  blockOutput,
  residualSum,
  type NormOptions,
  type NormWeights,
  type Residual,
} from "../layers/norms.ts";
import { project, withHeadDeltas, type ProjectionGroup } from "../layers/project.ts";
import { recomputedLayer } from "../layers/recompute.ts";
import { prepareRotary, rotaryKey, type Rotary } from "../layers/rotary.ts";
import type { BaseWeights } from "../schema/base-weights.ts";
import { UniArmError } from "../schema/error.ts";
import type { ModelConfig } from "../schema/model.ts";
import { linear, type Matrix } from "../tensor/matrix.ts";
import { nativeOps, type FloatType } from "../tensor/native.ts";
import * as tf from "../tensor/tf.ts";
import { FAMILIES } from "./family.ts";
import { longestRow, newColumns } from "./new-columns.ts";

/** Modules that read the same input are a group: q, k and v; o; gate and up (up alone without a gate); down. Norms are null where the family has none. */
export interface LayerWeights {
  inputNorm: NormWeights | null;
  qkv: ProjectionGroup;
  headNorms: HeadNormWeights | null;
  o: ProjectionGroup;
  afterAttentionNorm: NormWeights | null;
  attentionNorm: NormWeights | null;
  gateUp: ProjectionGroup;
  down: ProjectionGroup;
  /** in place of gateUp and down, which are empty then; else null */
  experts: ExpertWeights | null;
  afterMlpNorm: NormWeights | null;
}

export interface TransformerWeights {
  /** [V,d] */
  embedding: EmbeddingTable;
  /** learned positions [context,d]; null where positions are rotary */
  positions: tf.Tensor2D | null;
  layers: LayerWeights[];
  norm: NormWeights;
  /** its values are the embedding when they are tied, or it is the quantized embedding itself; null for a model loaded without one, as classifiers are */
  head: Matrix | null;
}

/** A decoder-only model: frozen, or (for pre-training) with every weight a variable. */
export interface Transformer {
  config: ModelConfig;
  weights: TransformerWeights;
  trainable: boolean;
  /** how the engine holds the weights of a frozen model */
  baseWeights: BaseWeights;
  /** sha256 of model.safetensors; empty for a model that was never a file */
  sha256: string;
  folder: string;
  /** what the user should know of how its files were read */
  notices: readonly string[];
  rotary: Rotary;
}

export interface ForwardOptions {
  /** columns of padding at the left of each row; with a cache, those of the cache count */
  padding?: readonly number[];
  adapters?: readonly AdapterRows[];
  /** where each row has a second response to its prompt: without padding at the left, and without a cache */
  forks?: readonly Fork[];
  /** keys and values of earlier columns; the new ones are added */
  cache?: KvCache;
  /** For training: layers are computed again on the way back instead of keeping what they made. No effect on a trainable model or with a cache. */
  recompute?: boolean;
}

/**
 * Token ids [B][T] -> hidden states [B,T,d] after the final norm; the caller owns them.
 * Positions count real tokens only. Right-padded rows need no mask: attention looks back only.
 * @throws UniArmError ids-out-of-range, context-exceeded, rows-unequal, forks-invalid, forks-windowed
 */
export function forward(
  model: Transformer,
  ids: readonly (readonly number[])[],
  options: ForwardOptions = {},
): tf.Tensor3D {
  const { config, weights, rotary } = model;
  const { adapters = [], cache = null } = options;
  const added = newColumns(config, ids, cache ?? options, options.forks);
  checkAdapterRows(adapters);
  const longest = longestRow(added);
  prepareRotary(rotary, config, longest);
  const tables = new Map(rotary.tables); // a longer pass may replace them before this one goes backward
  const layers = layerColumns(config, added);
  const pass: Pass = {
    model,
    added,
    cache,
    layers,
    columns: () => columnsOf(tables, added, layers, isComposed(config)),
  };
  const recompute = options.recompute && !model.trainable && !cache;

  const hidden = tf.tidy(() => {
    const columns = recompute ? null : pass.columns(); // layers that are computed again make their own
    let x: Residual = { sum: embed(model, ids, added, adapters), delta: null }; // [B*T,d], the residual stream
    for (const index of weights.layers.keys()) {
      // what a layer makes on the way is freed as it ends, and what it read when the next one has it
      const next = tf.scoped(() =>
        columns ? block(pass, index, x, adapters, columns) : recomputedBlock(pass, index, x, adapters),
      );
      tf.dispose(Object.values(x));
      x = next;
    }
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
  /** how each layer attends */
  layers: readonly LayerColumns[];
  /** masks and rotary tables of the new columns, for the caller's tidy */
  columns: () => Columns;
}

/**
 * One layer, x [B*T,d] -> [B*T,d]: x += o(attention(qkv(norm(x)))), then x += down(activation(gateUp(norm(x)))). An adapter
 * adds its part to the linear modules, on its rows. The last sum is left to the next norm, which makes both in one operation.
 */
function block(
  { model, added: { tokens }, cache, layers }: Pass,
  index: number,
  x: Residual,
  adapters: readonly AdapterRows[],
  columns: Columns,
): Residual {
  const { config } = model;
  const layer = model.weights.layers[index]!;
  const options = normOptions(model);
  const { residualScale = 1 } = config;
  const apply = (group: ProjectionGroup, input: tf.Tensor2D): tf.Tensor2D[] =>
    group.map((projection) => project(projection, input, adapters, { tokens, isCached: cache !== null }));

  const beforeAttention = addNorm(x, layer.inputNorm, options);
  const qkv = apply(layer.qkv, beforeAttention.normed); // [B*T,(H + 2 Hkv) dh], side by side or each in its own
  const heads = layer.headNorms ? headNorms(qkv, layer.headNorms, config, options) : qkv;
  const sizes = headSizes(config, layers[index]!);
  const mixed = attention(heads, sizes, columns, cache?.layer(index, tokens) ?? null); // [B*T,H dh]
  const [projected] = apply(layer.o, mixed); // [B*T,d]
  const attended = blockOutput(projected!, layer.afterAttentionNorm, residualScale, options);

  const beforeMlp = addNorm({ sum: beforeAttention.sum, delta: attended }, layer.attentionNorm, options);
  const wide = apply(layer.gateUp, beforeMlp.normed); // [B*T,w], twice that with a gate
  const family = FAMILIES[config.modelType];
  const activation = config.activation ?? family.activation;
  const out = layer.experts
    ? mixture(beforeMlp.normed, layer.experts, config.experts!, activation)
    : apply(layer.down, family.mlp === "gated" ? gated(wide, activation) : activated(wide[0]!, activation))[0]!;
  return { sum: beforeMlp.sum, delta: blockOutput(out, layer.afterMlpNorm, residualScale, options) };
}

const headSizes = (
  { heads, keyValueHeads, headSize, rope, attention: scores }: ModelConfig,
  columns: LayerColumns,
): HeadSizes => ({ heads, keyValueHeads, headSize, ...columns, rotarySize: rope?.size, softCap: scores?.softCap });

/** Whether attention does what the engine's own does not. */
export const isComposed = ({ rope, attention: scores }: ModelConfig): boolean =>
  rope?.size !== undefined || scores?.softCap !== undefined;

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
  { config: { embeddingScale = 1 }, weights: { embedding, positions } }: Transformer,
  ids: readonly (readonly number[])[],
  added: NewColumns,
  adapters: readonly AdapterRows[],
): tf.Tensor2D {
  const flat = Int32Array.from(ids.flat());
  const rows = withEmbeddingDeltas(rowsOf(embedding, flat), flat, adapters, added.tokens);
  const tokens = embeddingScale === 1 ? rows : tf.mul<tf.Tensor2D>(rows, embeddingScale);
  return positions ? tf.add(tokens, rowsOf(positions, positionsOf(added))) : tokens;
}

/**
 * hidden [..., d] -> logits [..., V].
 * @param adapters those of the rows along the first axis, where some may act on the head
 * @throws UniArmError model-without-head
 */
export function logitsOf(model: Transformer, hidden: tf.Tensor, adapters: readonly AdapterRows[] = []): tf.Tensor {
  const { scale = 1, softCap } = model.config.logits ?? {};
  return tf.tidy(() => {
    const product = withHeadDeltas(linear(hidden, headOf(model)), hidden, adapters);
    const scaled = scale === 1 ? product : tf.mul(product, scale);
    return softCap === undefined ? scaled : softCapped(scaled, softCap);
  });
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
  return new KvCache(
    { ...model.config, type: activationType(model), isComposed: isComposed(model.config) },
    padding,
    expectedColumns,
  );
}

/** How a pass stores what flows between the projections. */
const activationType = ({ baseWeights }: Transformer): FloatType =>
  nativeOps() && baseWeights === "bfloat16" ? "bfloat16" : "float32";

const normOptions = (model: Transformer): NormOptions => ({
  epsilon: model.config.normEpsilon,
  trainable: model.trainable,
  type: activationType(model),
});

/** How each layer of a pass attends. Its window: how many tokens a token sees, itself included; null: all before it. */
function layerColumns(config: ModelConfig, added: NewColumns): LayerColumns[] {
  const slidingWindow = added.forks ? null : config.slidingWindow; // those of two responses see all: `canFork`
  const longest = longestRow(added);
  return Array.from({ length: config.layers }, (_, layer) => ({
    window: slidingWindow?.layers.includes(layer) ? slidingWindow.tokens : null,
    rotary: rotaryKey(config, layer, longest),
  }));
}

import { UniArmError } from "../schema/error.ts";
import type { ModelConfig } from "../schema/model.ts";
import { gatherRows } from "../tensor/gather.ts";
import { disposeMatrix, linear, type Matrix } from "../tensor/matrix.ts";
import { executeOne, nativeOps, nativeType, storedAs, type FloatType } from "../tensor/native.ts";
import * as tf from "../tensor/tf.ts";
import { checkAdapterRows, type AdapterRows } from "./adapter-rows.ts";
import { attention } from "./attention.ts";
import { columnsOf, positionsOf, type Columns } from "./columns.ts";
import { FAMILIES } from "./family.ts";
import { KvCache } from "./kv-cache.ts";
import { addNorm, asType, gelu, headNorms, swiGlu, type AddNormOptions, type NormWeights } from "./layers.ts";
import { project, type ProjectionGroup } from "./project.ts";
import { recomputedLayer } from "./recompute.ts";
import { growRotary, type Rotary } from "./rotary.ts";

/** Modules that read the same input are a group: q, k and v; o; gate and up (up alone without a gate); down. */
export interface LayerWeights {
  inputNorm: NormWeights;
  qkv: ProjectionGroup;
  /** [dh] each; null where the family has none */
  headNorms: { query: tf.Tensor1D; key: tf.Tensor1D } | null;
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
  /** For training: layers are computed again on the way back instead of keeping what they made. A model whose own weights train, and a pass with a cache, keep it all the same. */
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
  const { config, weights } = model;
  const adapters = options.adapters ?? [];
  const past = options.cache?.length ?? 0;
  const padding = options.cache?.padding ?? options.padding ?? ids.map(() => 0);
  checkIds(ids, config, past, padding);
  checkAdapterRows(adapters);
  const [rows, tokens] = [ids.length, ids[0]!.length];
  const family = FAMILIES[config.modelType];
  const windows = Array.from({ length: config.layers }, (_, layer) => windowOf(config, layer));
  const columnsHere = (): Columns => columnsOf(model.rotary, tokens, past, padding, [...new Set(windows)]);
  growRotary(model.rotary, config, past + tokens - Math.min(...padding));

  const hidden = tf.tidy(() => {
    const shared = columnsHere();
    const inner = { epsilon: config.normEpsilon, trainable: model.trainable, type: activationType(model) };
    const read = (
      sum: tf.Tensor2D,
      delta: tf.Tensor2D | null,
      weight: NormWeights,
      norm: AddNormOptions = inner,
    ): [tf.Tensor2D, tf.Tensor2D] => {
      const { sum: x, normed } = addNorm(sum, delta, weight, norm);
      return [x, normed];
    };
    const runLayer = (
      index: number,
      sum: tf.Tensor2D,
      before: tf.Tensor2D | null,
      entries: readonly AdapterRows[],
      columns: Columns,
    ): [tf.Tensor2D, tf.Tensor2D] => {
      const layer = weights.layers[index]!;
      const apply = (group: ProjectionGroup, input: tf.Tensor2D): tf.Tensor2D[] =>
        group.map((one) => project(one, input, entries, tokens));
      const [x, h] = read(sum, before, layer.inputNorm);
      const cache = options.cache?.layer(index, tokens) ?? null;
      const projected = apply(layer.qkv, h);
      const heads = layer.headNorms ? headNorms(projected, layer.headNorms, config, inner) : projected;
      const mixed = attention(heads, { ...config, window: windows[index]! }, columns, cache);
      const [y, g] = read(x, apply(layer.o, mixed)[0]!, layer.attentionNorm);
      const wide = apply(layer.gateUp, g);
      const [last] = apply(layer.down, family.mlp === "gated" ? swiGlu(wide) : gelu(wide[0]!));
      return [y, last!];
    };

    let x = embed(model, ids, past, padding); // [B*T,d] float32, the residual stream
    let delta: tf.Tensor2D | null = null; // what the last block adds to it
    for (const index of weights.layers.keys()) {
      if (options.recompute && !model.trainable && !options.cache) {
        const { qkv, o, gateUp, down } = weights.layers[index]!;
        x = recomputedLayer(x, adapters, [qkv, o, gateUp, down].flat(), (input, entries) => {
          // by then this scope's tensors are gone
          const [sum, last] = runLayer(index, input, null, entries, columnsHere());
          return tf.add(sum, asType(last, "float32"));
        });
      } else [x, delta] = runLayer(index, x, delta, adapters, shared);
    }
    const [, h] = read(x, delta, weights.norm, { ...inner, type: "float32" });
    return tf.reshape<tf.Rank.R3>(h, [rows, tokens, config.hiddenSize]);
  });
  options.cache?.advance(tokens);
  return hidden;
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

/** How many tokens a token of this layer sees, itself included; null: all before it. */
const windowOf = ({ slidingWindow }: ModelConfig, layer: number): number | null =>
  slidingWindow?.layers.includes(layer) ? slidingWindow.tokens : null;

/** An empty cache for rows with this padding. @param expectedColumns room to start with; the cache grows where it must */
export function createKvCache(model: Transformer, padding: readonly number[], expectedColumns = 0): KvCache {
  return new KvCache({ ...model.config, type: activationType(model) }, padding, expectedColumns);
}

/** How a pass stores what flows between the projections. */
const activationType = ({ baseWeights }: Transformer): FloatType => (nativeOps() ? baseWeights : "float32");

export function disposeTransformer({ weights, rotary }: Transformer): void {
  for (const { inputNorm, attentionNorm, headNorms: perHead, qkv, o, gateUp, down } of weights.layers) {
    tf.dispose([normTensors(inputNorm), normTensors(attentionNorm), Object.values(perHead ?? {})]);
    for (const { matrix, bias } of [qkv, o, gateUp, down].flat()) {
      disposeMatrix(matrix);
      bias?.dispose();
    }
  }
  tf.dispose(normTensors(weights.norm));
  if (weights.head) disposeMatrix(weights.head);
  if (weights.head?.values !== weights.embedding) weights.embedding.dispose();
  weights.positions?.dispose();
  tf.dispose([rotary.cos, rotary.sin, ...rotary.outgrown]);
}

const normTensors = ({ weight, bias }: NormWeights): tf.Tensor[] => (bias ? [weight, bias] : [weight]);

/** Token ids [B][T] -> [B*T,d], float32. */
function embed(
  { weights: { embedding, positions } }: Transformer,
  ids: readonly (readonly number[])[],
  past: number,
  padding: readonly number[],
): tf.Tensor2D {
  const tokens = rowsOf(embedding, Int32Array.from(ids.flat()));
  return positions ? tf.add(tokens, rowsOf(positions, positionsOf(past, ids[0]!.length, padding))) : tokens;
}

/** Rows of a table [N,d], by number -> [count,d], float32. */
function rowsOf(table: tf.Tensor2D, numbers: Int32Array): tf.Tensor2D {
  const indices = tf.tensor1d(numbers, "int32");
  if (nativeType(table) === "float32") return gatherRows(table, indices);
  const [Tparams, Tindices] = [{ type: "bfloat16" }, { type: "int32" }] as const;
  const attributes = { Tparams, Tindices, Taxis: Tindices, batch_dims: { int: 0 } };
  const rows = executeOne("GatherV2", attributes, [table, indices, tf.scalar(0, "int32")]);
  return storedAs(rows, "float32") as tf.Tensor2D;
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

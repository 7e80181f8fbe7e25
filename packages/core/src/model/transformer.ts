import { UniArmError } from "../schema/error.ts";
import type { ModelConfig } from "../schema/model.ts";
import { gatherRows } from "../tensor/gather.ts";
import { disposeMatrix, linear, type Matrix } from "../tensor/matrix.ts";
import { executeOne, nativeOps, nativeType, storedAs, type FloatType } from "../tensor/native.ts";
import * as tf from "../tensor/tf.ts";
import { checkAdapterRows, type AdapterRows } from "./adapter-rows.ts";
import { attention } from "./attention.ts";
import { columnsOf, type Columns } from "./columns.ts";
import { KvCache } from "./kv-cache.ts";
import { addNorm, asType, rotaryTable, swiGlu, type AddNormOptions } from "./layers.ts";
import { project, type ProjectionGroup } from "./project.ts";
import { recomputedLayer } from "./recompute.ts";

/** Modules that read the same input are a group: q, k and v; o; gate and up; down. */
export interface LayerWeights {
  inputNorm: tf.Tensor1D;
  qkv: ProjectionGroup;
  o: ProjectionGroup;
  attentionNorm: tf.Tensor1D;
  gateUp: ProjectionGroup;
  down: ProjectionGroup;
}

export interface TransformerWeights {
  /** [V,d] */
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
  /** how the engine holds the weights of a frozen model */
  baseWeights: FloatType;
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

  const hidden = tf.tidy(() => {
    const shared = columnsOf(model.rotary, tokens, past, padding);
    const inner = { epsilon: config.rmsNormEpsilon, trainable: model.trainable, type: activationType(model) };
    const read = (
      sum: tf.Tensor2D,
      delta: tf.Tensor2D | null,
      weight: tf.Tensor1D,
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
      const [mixed] = apply(layer.o, attention(apply(layer.qkv, h), config, columns, cache));
      const [y, g] = read(x, mixed!, layer.attentionNorm);
      const [last] = apply(layer.down, swiGlu(apply(layer.gateUp, g)));
      return [y, last!];
    };

    let x = embed(model, ids); // [B*T,d] float32, the residual stream
    let delta: tf.Tensor2D | null = null; // what the last block adds to it
    for (const index of weights.layers.keys()) {
      if (options.recompute && !model.trainable && !options.cache) {
        const { qkv, o, gateUp, down } = weights.layers[index]!;
        x = recomputedLayer(x, adapters, [qkv, o, gateUp, down].flat(), (input, entries) => {
          // by then this scope's tensors are gone
          const [sum, last] = runLayer(index, input, null, entries, columnsOf(model.rotary, tokens, past, padding));
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

/** hidden [..., d] -> logits [..., V]. */
export function logitsOf(model: Transformer, hidden: tf.Tensor): tf.Tensor {
  return linear(hidden, model.weights.head);
}

/** An empty cache for rows with this padding. @param expectedColumns room to start with; the cache grows where it must */
export function createKvCache(model: Transformer, padding: readonly number[], expectedColumns = 0): KvCache {
  return new KvCache({ ...model.config, type: activationType(model) }, padding, expectedColumns);
}

/** How a pass stores what flows between the projections. */
const activationType = ({ baseWeights }: Transformer): FloatType => (nativeOps() ? baseWeights : "float32");

export function rotaryOf(config: ModelConfig): Transformer["rotary"] {
  return rotaryTable(config.contextTokens, config.headSize, config.ropeTheta);
}

export function disposeTransformer(model: Transformer): void {
  const { weights } = model;
  for (const { inputNorm, attentionNorm, qkv, o, gateUp, down } of weights.layers) {
    tf.dispose([inputNorm, attentionNorm]);
    for (const { matrix, bias } of [qkv, o, gateUp, down].flat()) {
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

/** Token ids [B][T] -> [B*T,d], float32. */
function embed({ weights: { embedding } }: Transformer, ids: readonly (readonly number[])[]): tf.Tensor2D {
  const flat = tf.tensor1d(Int32Array.from(ids.flat()), "int32");
  if (nativeType(embedding) === "float32") return gatherRows(embedding, flat);
  const [Tparams, Tindices] = [{ type: "bfloat16" }, { type: "int32" }] as const;
  const attributes = { Tparams, Tindices, Taxis: Tindices, batch_dims: { int: 0 } };
  const rows = executeOne("GatherV2", attributes, [embedding, flat, tf.scalar(0, "int32")]);
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

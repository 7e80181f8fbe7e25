import type { ModuleName } from "../model/adapter-rows.ts";
import { linearPlaces, moduleName } from "../model/tensor-names.ts";
import { rotaryOf, type LayerWeights, type Projection, type Transformer } from "../model/transformer.ts";
import { parsePreference } from "../schema/preference.ts";
import { frozenMatrix } from "../tensor/matrix.ts";
import * as tf from "../tensor/tf.ts";
import type { Adapter, MergedModule, ModuleMerge } from "./adapter.ts";
import { checkFitsModel } from "./fits-model.ts";
import { mergeLora } from "./lora.ts";
import { mergeMosLora } from "./moslora.ts";
import { mergePbLora } from "./pblora.ts";

/**
 * What the adapter at one preference adds to each module's weight [out,in] and bias [out]; exact. The caller owns the tensors.
 * @throws UniArmError preference-invalid
 */
export function mergeAdapter(adapter: Adapter, preference: readonly number[]): Map<ModuleName, MergedModule> {
  const entries =
    adapter.config.kind === "lora" ? [...preference] : parsePreference(preference, adapter.objectiveCount);
  const row = tf.tensor2d(Float32Array.from(entries), [1, entries.length]);
  try {
    const merges = mergesOf(adapter, row);
    return new Map(adapter.modules.map(({ name }, index) => [name, scoped(merges[index]!)]));
  } finally {
    row.dispose();
  }
}

/**
 * A new model that answers as `model` with the adapter at one preference does; nothing of the old one changes, and each is
 * disposed for itself.
 * @throws UniArmError preference-invalid, adapter-model-mismatch
 */
export function mergeIntoModel(model: Transformer, adapter: Adapter, preference: readonly number[]): Transformer {
  checkFitsModel(adapter, model.config);
  const deltas = mergeAdapter(adapter, preference);
  const { config, weights } = model;
  const copy = <T extends tf.Tensor>(tensor: T): T => tf.keep(tf.clone(tensor));
  const projection = (layer: number, place: ReturnType<typeof linearPlaces>[number]): Projection => {
    const { matrix, bias } = weights.layers[layer]!.projections[place.name];
    const delta = deltas.get(moduleName(layer, place));
    const weight: tf.Tensor2D = delta ? tf.add(matrix.values, delta.weight) : tf.clone(matrix.values);
    return { matrix: frozenMatrix(weight), bias: mergedBias(bias, delta?.bias ?? null) };
  };
  const embedding = copy(weights.embedding);
  const merged: Transformer = {
    ...{ config, trainable: false, sha256: "", folder: "", rotary: rotaryOf(config) },
    weights: {
      embedding,
      layers: weights.layers.map((layer, index) => ({
        inputNorm: copy(layer.inputNorm),
        attentionNorm: copy(layer.attentionNorm),
        projections: Object.fromEntries(
          linearPlaces(config).map((place) => [place.name, projection(index, place)]),
        ) as LayerWeights["projections"],
      })),
      norm: copy(weights.norm),
      head: frozenMatrix(config.tiedEmbeddings ? embedding : copy(weights.head.values as tf.Tensor2D)),
    },
  };
  for (const { weight, bias } of deltas.values()) tf.dispose([weight, ...(bias ? [bias] : [])]);
  return merged;
}

function mergesOf(adapter: Adapter, preference: tf.Tensor2D): ModuleMerge[] {
  const { config } = adapter;
  if (config.kind === "lora") return mergeLora(config, adapter);
  if (config.kind === "pblora") return mergePbLora(config, adapter, preference);
  return mergeMosLora(config, adapter, preference);
}

/** What the merge returns outlives it, nothing else does. */
function scoped(merge: ModuleMerge): MergedModule {
  const [weight, bias] = tf.tidy(() => {
    const merged = merge();
    return merged.bias ? [merged.weight, merged.bias] : [merged.weight];
  }) as [tf.Tensor2D, tf.Tensor1D?];
  return { weight, bias: bias ?? null };
}

function mergedBias(bias: tf.Tensor1D | null, delta: tf.Tensor1D | null): tf.Tensor1D | null {
  if (!bias && !delta) return null;
  return tf.keep(bias && delta ? tf.add<tf.Tensor1D>(bias, delta) : tf.clone((bias ?? delta)!));
}

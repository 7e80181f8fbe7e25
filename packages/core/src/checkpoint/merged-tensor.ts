import { changedWeight } from "../adapters/factors.ts";
import type { Factors } from "../adapters/adapter.ts";
import type { StoredTensor } from "../files/stored-tensor.ts";
import type { ModuleName } from "../layers/adapter-rows.ts";
import { loadTensor } from "../model/file-source.ts";
import { publishedModules } from "../model/published-modules.ts";
import { publishedNames } from "../model/published-names.ts";
import { TENSOR } from "../model/tensor-names.ts";
import type { ModelConfig } from "../schema/model.ts";
import * as tf from "../tensor/tf.ts";

/** What becomes of some outputs of a published tensor. */
interface TensorChange {
  factors: Factors;
  start: number;
  size: number;
  /** whether the outputs are its columns */
  turned: boolean;
}

/** How a model's files name embedding and head where each is one of its own, and where the embedding is stored. */
export interface ModelEnds {
  embedding: string;
  head: string;
  shared: string;
}

export function endsOf(config: ModelConfig, has: (name: string) => boolean): ModelEnds {
  const apart = publishedNames({ ...config, tiedEmbeddings: false }, has);
  return {
    embedding: apart(TENSOR.embedding).name,
    head: apart(TENSOR.head).name,
    shared: publishedNames(config, has)(TENSOR.embedding).name,
  };
}

/** The tensors of a model's files that an adapter's factors change. @param has whether the files hold a tensor */
export function changesByTensor(
  config: ModelConfig,
  factors: ReadonlyMap<ModuleName, Factors>,
  has: (name: string) => boolean,
): Map<string, TensorChange[]> {
  const publishedOf = publishedNames(config, has);
  const changes = new Map<string, TensorChange[]>();
  const add = (name: string, change: TensorChange): void => {
    changes.set(name, [...(changes.get(name) ?? []), change]);
  };
  for (const { kind, parts, turned } of publishedModules(config)) {
    for (const { module, start, size } of parts) {
      const own = factors.get(module);
      if (!own) continue;
      const name = publishedOf(kind === "head" ? TENSOR.head : `model.${module}.weight`).name;
      add(name, { factors: own, start, size, turned: turned || kind === "embedding" });
      if (own.bias) add(publishedOf(`model.${module}.bias`).name, { factors: own, start, size, turned: false });
    }
  }
  return changes;
}

/**
 * The values of a tensor of the changed model; a bias that the files lack starts at zero, and of embedding and head one that
 * they lack is the other.
 */
export async function mergedValues(
  { name, shape }: { name: string; shape: readonly number[] },
  changes: readonly TensorChange[],
  { tensors, ends, source }: { tensors: ReadonlyMap<string, StoredTensor>; ends: ModelEnds; source: string },
): Promise<Float32Array> {
  const from = !tensors.has(name) && (name === ends.head || name === ends.embedding) ? ends.shared : name;
  const merged = tf.tidy(() => {
    const stored = tensors.has(from) ? loadTensor(tensors, from, shape, source) : tf.keep(tf.zeros([...shape]));
    const changed = changes.length > 0 ? withChanges(stored, changes) : tf.clone(stored);
    stored.dispose();
    return changed;
  });
  try {
    return await merged.data<"float32">();
  } finally {
    merged.dispose();
  }
}

function withChanges(stored: tf.Tensor, changes: readonly TensorChange[]): tf.Tensor {
  const { turned } = changes[0]!;
  const rows = turned ? tf.transpose(stored) : stored; // [out, ...]
  const ordered = changes.toSorted((one, other) => one.start - other.start);
  const pieces: tf.Tensor[] = [];
  let at = 0;
  const keepTo = (end: number): void => {
    if (end > at) pieces.push(tf.slice(rows, [at], [end - at]));
    at = end;
  };
  for (const { factors, start, size } of ordered) {
    keepTo(start);
    const own = tf.slice(rows, [start], [size]);
    pieces.push(own.rank === 1 ? tf.add(own, factors.bias!) : changedWeight(own as tf.Tensor2D, factors));
    at = start + size;
  }
  keepTo(rows.shape[0]);
  const whole = pieces.length === 1 ? pieces[0]! : tf.concat(pieces, 0);
  return turned ? tf.transpose(whole) : whole;
}

import type { ModuleName } from "../layers/adapter-rows.ts";
import type { NormWeights } from "../layers/norms.ts";
import type { Projection } from "../layers/project.ts";
import { rotaryOf } from "../layers/rotary.ts";
import type { Transformer, TransformerWeights } from "../model/transformer.ts";
import { frozenMatrix, matrixValues, type Matrix } from "../tensor/matrix.ts";
import { isTensorFlow, storedAs, type FloatType } from "../tensor/native.ts";
import * as tf from "../tensor/tf.ts";
import type { Adapter, MergedModule } from "./adapter.ts";
import { factorAdapter } from "./factors.ts";
import { checkFitsModel } from "./fits-model.ts";

/**
 * What the adapter at one preference adds to each module's weight [out,in] and bias [out]; exact. The caller owns the tensors.
 * @throws UniArmError preference-invalid
 */
export function mergeAdapter(adapter: Adapter, preference: readonly number[]): Map<ModuleName, MergedModule> {
  const merged = new Map<ModuleName, MergedModule>();
  for (const [name, { down, up, bias }] of factorAdapter(adapter, preference)) {
    merged.set(name, { weight: tf.matMul(up, down), bias });
    tf.dispose([down, up]);
  }
  return merged;
}

/**
 * A new model that answers as `model` does with the adapter at one preference. The old one does not change; each is
 * disposed separately.
 * @throws UniArmError preference-invalid, adapter-model-mismatch
 */
export function mergeIntoModel(model: Transformer, adapter: Adapter, preference: readonly number[]): Transformer {
  checkFitsModel(adapter, model.config);
  const deltas = mergeAdapter(adapter, preference);
  const { config, weights, baseWeights } = model;
  const copy = <T extends tf.Tensor>(tensor: T): T => tf.keep(tf.clone(tensor));
  const norm = <N extends NormWeights | null>(of: N): N =>
    of && ({ weight: copy(of.weight), bias: of.bias && copy(of.bias) } as N);
  const frozen = ({ values }: Matrix): Matrix => frozenMatrix(copy(values as tf.Tensor2D));
  const projection = (old: Projection): Projection => {
    const merged = old.parts.map((part) => ({ part, delta: deltas.get(part.module) }));
    const change = tf.concat(
      merged.map(({ part, delta }) => delta?.weight ?? tf.zeros<tf.Rank.R2>([part.size, old.matrix.inSize])),
    );
    const values = asStored(tf.add(matrixValues(old.matrix), change), baseWeights) as tf.Tensor2D;
    const hasBias = old.bias !== null || merged.some(({ delta }) => delta?.bias);
    const biases = merged.map(({ part, delta }) => delta?.bias ?? tf.zeros<tf.Rank.R1>([part.size]));
    const bias = old.bias ? tf.add(asStored(old.bias, "float32"), tf.concat(biases)) : tf.concat(biases);
    return {
      parts: old.parts,
      matrix: frozenMatrix(values),
      bias: hasBias ? (tf.keep(asStored(bias, baseWeights)) as tf.Tensor1D) : null,
    };
  };
  const merged = tf.scoped((): TransformerWeights => {
    const embedding = copy(weights.embedding);
    return {
      embedding,
      positions: weights.positions && copy(weights.positions),
      layers: weights.layers.map((layer) => ({
        inputNorm: norm(layer.inputNorm),
        qkv: layer.qkv.map(projection),
        headNorms: layer.headNorms && { query: copy(layer.headNorms.query), key: copy(layer.headNorms.key) },
        o: layer.o.map(projection),
        afterAttentionNorm: norm(layer.afterAttentionNorm),
        attentionNorm: norm(layer.attentionNorm),
        gateUp: layer.gateUp.map(projection),
        down: layer.down.map(projection),
        experts: layer.experts && {
          router: frozen(layer.experts.router),
          gateUp: layer.experts.gateUp.map(frozen),
          down: layer.experts.down.map(frozen),
        },
        afterMlpNorm: norm(layer.afterMlpNorm),
      })),
      norm: norm(weights.norm),
      head: weights.head && frozenMatrix(config.tiedEmbeddings ? embedding : copy(weights.head.values as tf.Tensor2D)),
    };
  });
  for (const { weight, bias } of deltas.values()) tf.dispose([weight, ...(bias ? [bias] : [])]);
  return {
    config,
    trainable: false,
    baseWeights,
    sha256: "",
    folder: "",
    notices: [],
    rotary: rotaryOf(config),
    weights: merged,
  };
}

const asStored = (tensor: tf.Tensor, type: FloatType): tf.Tensor => (isTensorFlow() ? storedAs(tensor, type) : tensor);

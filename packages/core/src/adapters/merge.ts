import { EMBEDDING, HEAD, type ModuleName } from "../layers/adapter-rows.ts";
import type { NormWeights } from "../layers/norms.ts";
import type { Projection } from "../layers/project.ts";
import { rotaryOf } from "../layers/rotary.ts";
import { UniArmError } from "../schema/error.ts";
import type { Transformer, TransformerWeights } from "../model/transformer.ts";
import { frozenMatrix, matrixValues, type Matrix } from "../tensor/matrix.ts";
import { isTensorFlow, storedAs, type FloatType } from "../tensor/native.ts";
import { isQuantized } from "../tensor/quantized.ts";
import * as tf from "../tensor/tf.ts";
import type { Adapter, Factors } from "./adapter.ts";
import { changedWeight, checkHeadBias, disposeFactors, factorAdapter } from "./factors.ts";
import { checkFitsModel } from "./fits-model.ts";

/** How a model's matrices are held that are not quantized, and its embedding. */
interface Dense {
  baseWeights: FloatType;
  table: tf.Tensor2D;
}

/**
 * A new model that answers as `model` does with the adapter at one preference. The old one does not change; each is
 * disposed separately.
 * @throws UniArmError merge-quantized, preference-invalid, adapter-model-mismatch, model-bias-unsupported
 */
export function mergeIntoModel(model: Transformer, adapter: Adapter, preference: readonly number[]): Transformer {
  checkFitsModel(adapter, model.config);
  const dense = requireDense(model);
  const factors = factorAdapter(adapter, preference);
  try {
    checkHeadBias(factors, model.config);
    return withFactors(model, dense, factors);
  } finally {
    disposeFactors(factors.values());
  }
}

/** @throws UniArmError merge-quantized */
function requireDense({ baseWeights, weights: { embedding } }: Transformer): Dense {
  if (!isQuantized(baseWeights) && !("kind" in embedding)) return { baseWeights, table: embedding };
  throw new UniArmError(
    "merge-quantized",
    `The model's weights are held as ${baseWeights}. Merging would round them a second time, together with the adapter. ` +
      "Load the model with base weights in float32 or bfloat16 and merge that.",
  );
}

function withFactors(
  { config, weights }: Transformer,
  { baseWeights, table: stored }: Dense,
  factors: ReadonlyMap<ModuleName, Factors>,
): Transformer {
  const tied = config.tiedEmbeddings && !factors.has(EMBEDDING) && !factors.has(HEAD);
  const copy = <T extends tf.Tensor>(tensor: T): T => tf.keep(tf.clone(tensor));
  const norm = <N extends NormWeights | null>(of: N): N =>
    of && ({ weight: copy(of.weight), bias: of.bias && copy(of.bias) } as N);
  const frozen = ({ values }: Matrix): Matrix => frozenMatrix(copy(values as tf.Tensor2D));
  const projection = (old: Projection): Projection => {
    const merged = old.parts.map((part) => ({ part, own: factors.get(part.module) }));
    const whole = matrixValues(old.matrix);
    const rows = merged.map(({ part, own }) => {
      const weight: tf.Tensor2D = tf.slice(whole, [part.column, 0], [part.size, -1]);
      return own ? changedWeight(weight, own) : weight;
    });
    const values = asStored(tf.concat(rows), baseWeights) as tf.Tensor2D;
    const hasBias = old.bias !== null || merged.some(({ own }) => own?.bias);
    const biases = merged.map(({ part, own }) => own?.bias ?? tf.zeros<tf.Rank.R1>([part.size]));
    const bias = old.bias ? tf.add(asStored(old.bias, "float32"), tf.concat(biases)) : tf.concat(biases);
    return {
      parts: old.parts,
      matrix: frozenMatrix(values),
      bias: hasBias ? (tf.keep(asStored(bias, baseWeights)) as tf.Tensor1D) : null,
    };
  };
  const merged = tf.scoped((): TransformerWeights => {
    const [ofEmbedding, ofHead] = [factors.get(EMBEDDING), factors.get(HEAD)];
    const table = asFloat32(stored) as tf.Tensor2D;
    const embedding = ofEmbedding
      ? (tf.keep(asStored(tf.transpose(changedWeight(tf.transpose(table), ofEmbedding)), baseWeights)) as tf.Tensor2D)
      : copy(stored);
    const headOf = (old: Matrix): Matrix => {
      if (ofHead) return frozenMatrix(asStored(changedWeight(matrixValues(old), ofHead), baseWeights) as tf.Tensor2D);
      return frozenMatrix(tied ? embedding : copy(old.values as tf.Tensor2D));
    };
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
      head: weights.head && headOf(weights.head),
    };
  });
  return {
    config: tied === config.tiedEmbeddings ? config : { ...config, tiedEmbeddings: tied },
    trainable: false,
    baseWeights,
    sha256: "",
    folder: "",
    notices: [],
    rotary: rotaryOf(config),
    weights: merged,
  };
}

const asFloat32 = (tensor: tf.Tensor): tf.Tensor => (isTensorFlow() ? storedAs(tensor, "float32") : tensor);
const asStored = (tensor: tf.Tensor, type: FloatType): tf.Tensor => (isTensorFlow() ? storedAs(tensor, type) : tensor);

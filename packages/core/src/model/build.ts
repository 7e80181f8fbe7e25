import { createHash } from "node:crypto";
import { UniArmError } from "../schema/error.ts";
import type { ModelConfig } from "../schema/model.ts";
import { requireEngine } from "../tensor/engine.ts";
import { frozenMatrix, trainableMatrix, type Matrix } from "../tensor/matrix.ts";
import type { Random } from "../tensor/random.ts";
import * as tf from "../tensor/tf.ts";
import {
  linearPlaces,
  moduleName,
  requiredTensors,
  TENSOR,
  type LinearPlace,
  type ProjectionName,
} from "./tensor-names.ts";
import {
  rotaryOf,
  type LayerWeights,
  type Projection,
  type Transformer,
  type TransformerWeights,
} from "./transformer.ts";

/** Weights in main memory, by their Hugging Face names ("model.layers.0.self_attn.q_proj.weight"). */
export type TensorRecord = Record<string, { shape: number[]; data: Float32Array }>;

export interface BuildOptions {
  /** All weights become variables and `forward` is differentiable in them. */
  trainable?: boolean;
  folder?: string;
  /** Default: computed from the tensors. */
  sha256?: string;
}

/**
 * A model on the open engine from weights in memory; the values are copied. Tensors that the model has no place for are
 * ignored, a `.bias` beside any linear weight is used.
 * @throws UniArmError model-tensor-missing, model-tensor-shape, engine-not-open
 */
export function transformerFromTensors(
  config: ModelConfig,
  tensors: TensorRecord,
  options: BuildOptions = {},
): Transformer {
  requireEngine();
  const { trainable = false, folder = "", sha256 = hashTensors(tensors) } = options;
  checkTensors(config, tensors, folder);
  return {
    config,
    weights: buildWeights(config, tensors, trainable),
    trainable,
    sha256,
    folder,
    rotary: rotaryOf(config),
  };
}

/** A random start: normal with deviation 0.02, the two outputs that join the residual stream scaled by 1 / sqrt(2 layers). */
export function createTransformer(config: ModelConfig, random: Random, options: BuildOptions = {}): Transformer {
  const deviation = 0.02;
  const residual = deviation / Math.sqrt(2 * config.layers);
  const tensors: TensorRecord = {};
  for (const { name, shape } of requiredTensors(config)) {
    const stream = random.fork(name);
    const size = shape.reduce((product, axis) => product * axis, 1);
    const scale = /\.(o_proj|down_proj)\.weight$/.test(name) ? residual : deviation;
    const data =
      shape.length === 1
        ? new Float32Array(size).fill(1)
        : Float32Array.from({ length: size }, () => scale * stream.normal());
    tensors[name] = { shape: [...shape], data };
  }
  return transformerFromTensors(config, tensors, options);
}

/** Every weight of a model by its Hugging Face name, [out, in] for linear modules; the tensors stay the model's. */
export function namedWeights({ config, weights }: Transformer): Record<string, tf.Tensor> {
  const named: Record<string, tf.Tensor> = { [TENSOR.embedding]: weights.embedding };
  weights.layers.forEach((layer, index) => {
    named[TENSOR.inputNorm(index)] = layer.inputNorm;
    named[TENSOR.attentionNorm(index)] = layer.attentionNorm;
    for (const place of linearPlaces(config)) {
      const { matrix, bias } = layer.projections[place.name];
      const module = `model.${moduleName(index, place)}`;
      named[`${module}.weight`] = matrix.values;
      if (bias) named[`${module}.bias`] = bias;
    }
  });
  named[TENSOR.norm] = weights.norm;
  if (!config.tiedEmbeddings) named[TENSOR.head] = weights.head.values;
  return named;
}

/** The variables of a trainable model by their Hugging Face names; empty for a frozen one. */
export function trainableVariables(model: Transformer): Record<string, tf.Variable> {
  const variables = Object.entries(namedWeights(model)).filter(
    (entry): entry is [string, tf.Variable] => entry[1] instanceof tf.Variable,
  );
  return Object.fromEntries(variables);
}

/** The weights back in main memory, by their Hugging Face names. */
export async function transformerTensors(model: Transformer): Promise<TensorRecord> {
  const record: TensorRecord = {};
  for (const [name, tensor] of Object.entries(namedWeights(model))) {
    record[name] = { shape: [...tensor.shape], data: (await tensor.data<"float32">()).slice() };
  }
  return record;
}

function buildWeights(config: ModelConfig, tensors: TensorRecord, trainable: boolean): TransformerWeights {
  const own = (name: string): tf.Tensor => {
    const { data, shape } = tensors[name]!;
    const tensor = tf.keep(tf.tensor(data.slice(), shape)); // the engine may hold on to the array
    if (!trainable) return tensor;
    const variable = tf.variable(tensor);
    tensor.dispose();
    return variable;
  };
  const matrixOf = (values: tf.Tensor): Matrix =>
    values instanceof tf.Variable
      ? trainableMatrix(values as tf.Variable<tf.Rank.R2>)
      : frozenMatrix(values as tf.Tensor2D);
  const projection = (layer: number, place: LinearPlace): Projection => {
    const module = `model.${moduleName(layer, place)}`;
    const bias = tensors[`${module}.bias`] ? (own(`${module}.bias`) as tf.Tensor1D) : null;
    return { matrix: matrixOf(own(`${module}.weight`)), bias };
  };
  const embedding = own(TENSOR.embedding) as tf.Tensor2D;
  const layers = Array.from({ length: config.layers }, (_, layer): LayerWeights => {
    const projections = linearPlaces(config).map((place) => [place.name, projection(layer, place)] as const);
    return {
      inputNorm: own(TENSOR.inputNorm(layer)) as tf.Tensor1D,
      attentionNorm: own(TENSOR.attentionNorm(layer)) as tf.Tensor1D,
      projections: Object.fromEntries(projections) as Record<ProjectionName, Projection>,
    };
  });
  const norm = own(TENSOR.norm) as tf.Tensor1D;
  return { embedding, layers, norm, head: matrixOf(config.tiedEmbeddings ? embedding : own(TENSOR.head)) };
}

function checkTensors(config: ModelConfig, tensors: TensorRecord, folder: string): void {
  const where = folder === "" ? "The model" : `Model folder ${folder}`;
  const expected = requiredTensors(config);
  const missing = expected.filter(({ name }) => !tensors[name]).map(({ name }) => name);
  if (missing.length > 0) {
    const more = missing.length > 1 ? ` and ${missing.length - 1} more` : "";
    throw new UniArmError(
      "model-tensor-missing",
      `${where} has no tensor ${missing[0]}${more}; config.json describes ${config.layers} layers${
        config.tiedEmbeddings ? " with tied embeddings" : ""
      }. Use weights and config.json of one model.`,
    );
  }
  const biases = expected.flatMap(({ name, shape }) => {
    const bias = name.replace(/\.weight$/, ".bias");
    return name.endsWith("_proj.weight") && tensors[bias] ? [{ name: bias, shape: shape.slice(0, 1) }] : [];
  });
  for (const { name, shape } of [...expected, ...biases]) {
    const actual = tensors[name]!.shape;
    if (actual.join() === shape.join()) continue;
    throw new UniArmError(
      "model-tensor-shape",
      `${where} has tensor ${name} of shape [${actual.join(", ")}]; config.json asks for [${shape.join(", ")}]. Use weights and config.json of one model.`,
    );
  }
}

function hashTensors(tensors: TensorRecord): string {
  const hash = createHash("sha256");
  for (const name of Object.keys(tensors).sort()) {
    const { shape, data } = tensors[name]!;
    hash.update(`${name} ${shape.join()}\n`).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest("hex");
}

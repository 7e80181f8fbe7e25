import { createHash } from "node:crypto";
import { UniArmError } from "../schema/error.ts";
import type { ModelConfig } from "../schema/model.ts";
import { requireEngine, transposesFirst } from "../tensor/engine.ts";
import { frozenMatrix, trainableMatrix, type Matrix } from "../tensor/matrix.ts";
import { isTensorFlow, storedAs, type FloatType } from "../tensor/native.ts";
import type { Random } from "../tensor/random.ts";
import * as tf from "../tensor/tf.ts";
import { FAMILIES } from "./family.ts";
import type { NormWeights } from "./layers.ts";
import type { Projection, ProjectionGroup, ProjectionPart } from "./project.ts";
import { projectionsOf, requiredTensors, TENSOR, type ProjectionName } from "./tensor-names.ts";
import { rotaryOf } from "./rotary.ts";
import type { LayerWeights, Transformer, TransformerWeights } from "./transformer.ts";

/** Weights in main memory, by their Hugging Face names ("model.layers.0.self_attn.q_proj.weight"). */
export type TensorRecord = Record<string, { shape: number[]; data: Float32Array }>;

/** Where a model's weights come from. */
export interface WeightSource {
  /** null for a tensor that is not there; names are those of `requiredTensors` */
  shapeOf(name: string): readonly number[] | null;
  /** The tensors of these names one below the other along their first axis, on the engine; the caller owns the result. */
  load(names: readonly string[], type: FloatType): tf.Tensor;
  /** how the file calls a tensor, where it has another name for it */
  publishedName?(name: string): string;
}

export interface BuildOptions {
  /** false: the model has no language-model head (a classifier's backbone); its tensors are not asked for */
  head?: boolean;
  /** All weights become variables and `forward` is differentiable in them. */
  trainable?: boolean;
  /** How a frozen model's matrices are held; bfloat16 only on the tensorflow engine. Default: float32. */
  baseWeights?: FloatType;
  folder?: string;
  /** Default: computed from the tensors. */
  sha256?: string;
}

/**
 * A model on the open engine from weights in memory; the values are copied. Tensors that the model has no place for are
 * ignored, a `.bias` beside any linear weight is used.
 * @throws UniArmError model-tensor-missing, model-tensor-shape, engine-not-open, base-weights-unsupported
 */
export function transformerFromTensors(
  config: ModelConfig,
  tensors: TensorRecord,
  options: BuildOptions = {},
): Transformer {
  requireEngine();
  return buildTransformer(config, recordSource(tensors), {
    ...options,
    sha256: options.sha256 ?? hashTensors(tensors),
  });
}

/** A model on the open engine from any source of weights. */
export function buildTransformer(
  config: ModelConfig,
  source: WeightSource,
  options: BuildOptions & { sha256: string },
): Transformer {
  const { trainable = false, head = true, folder = "", sha256 } = options;
  const baseWeights = trainable ? "float32" : (options.baseWeights ?? "float32");
  if (baseWeights === "bfloat16" && !isTensorFlow()) {
    throw new UniArmError(
      "base-weights-unsupported",
      `Base weights in bfloat16 need the tensorflow engine; this process runs on ${tf.getBackend()}. ` +
        "Take float32, or build the engine: pnpm engine:install.",
    );
  }
  checkTensors(config, source, head, folder);
  return {
    config,
    trainable,
    baseWeights,
    sha256,
    folder,
    weights: buildWeights(config, source, { trainable, head, baseWeights }),
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
    const data = new Float32Array(size);
    if (shape.length === 1) data.fill(name.endsWith(".bias") ? 0 : 1);
    else for (let index = 0; index < size; index++) data[index] = scale * stream.normal();
    tensors[name] = { shape: [...shape], data };
  }
  return transformerFromTensors(config, tensors, options);
}

/** One published tensor inside what the model holds: its rows start ... start + size - 1; the whole where size is null. */
interface PublishedPlace {
  name: string;
  tensor: tf.Tensor;
  start: number;
  size: number;
}

/** Where every published tensor of a model is. */
function publishedPlaces({ config, weights }: Transformer): PublishedPlace[] {
  const whole = (name: string, tensor: tf.Tensor): PublishedPlace => ({
    name,
    tensor,
    start: 0,
    size: tensor.shape[0],
  });
  const projection = ({ parts, matrix, bias }: Projection): PublishedPlace[] =>
    parts.flatMap(({ module, column, size }) => [
      { name: `model.${module}.weight`, tensor: matrix.values, start: column, size },
      ...(bias ? [{ name: `model.${module}.bias`, tensor: bias, start: column, size }] : []),
    ]);
  const normOf = (name: string, { weight, bias }: NormWeights): PublishedPlace[] => [
    whole(`${name}.weight`, weight),
    ...(bias ? [whole(`${name}.bias`, bias)] : []),
  ];
  return [
    whole(TENSOR.embedding, weights.embedding),
    ...(weights.positions ? [whole(TENSOR.positions, weights.positions)] : []),
    ...weights.layers.flatMap(({ inputNorm, qkv, headNorms, o, attentionNorm, gateUp, down }, index) => [
      ...normOf(TENSOR.inputNorm(index), inputNorm),
      ...normOf(TENSOR.attentionNorm(index), attentionNorm),
      ...(headNorms ? [whole(TENSOR.queryNorm(index), headNorms.query)] : []),
      ...(headNorms ? [whole(TENSOR.keyNorm(index), headNorms.key)] : []),
      ...[qkv, o, gateUp, down].flat().flatMap(projection),
    ]),
    ...normOf(TENSOR.norm, weights.norm),
    ...(weights.head && !config.tiedEmbeddings ? [whole(TENSOR.head, weights.head.values)] : []),
  ];
}

/** The variables of a trainable model, each by the Hugging Face names of what it holds; empty for a frozen one. */
export function trainableVariables(model: Transformer): Record<string, tf.Variable> {
  const names = new Map<tf.Variable, string[]>();
  for (const { name, tensor } of publishedPlaces(model)) {
    if (!(tensor instanceof tf.Variable)) continue;
    const variable = tensor as tf.Variable;
    names.set(variable, [...(names.get(variable) ?? []), name]);
  }
  return Object.fromEntries([...names].map(([variable, held]) => [held.join("+"), variable]));
}

/** The weights back in main memory, by their Hugging Face names. */
export async function transformerTensors(model: Transformer): Promise<TensorRecord> {
  const record: TensorRecord = {};
  const values = new Map<tf.Tensor, Float32Array>();
  for (const { name, tensor, start, size } of publishedPlaces(model)) {
    const data = values.get(tensor) ?? (await float32Values(tensor));
    values.set(tensor, data);
    const row = tensor.size / tensor.shape[0];
    record[name] = { shape: [size, ...tensor.shape.slice(1)], data: data.slice(start * row, (start + size) * row) };
  }
  return record;
}

async function float32Values(tensor: tf.Tensor): Promise<Float32Array> {
  const wide = isTensorFlow() ? storedAs(tensor, "float32") : tf.clone(tensor);
  try {
    return await wide.data<"float32">();
  } finally {
    wide.dispose();
  }
}

function recordSource(tensors: TensorRecord): WeightSource {
  return {
    shapeOf: (name) => tensors[name]?.shape ?? null,
    load: (names, type) => {
      const [first] = names.map((name) => tensors[name]!);
      const size = names.reduce((sum, name) => sum + tensors[name]!.data.length, 0);
      const data = new Float32Array(size); // the engine may hold on to the array
      let at = 0;
      for (const name of names) {
        data.set(tensors[name]!.data, at);
        at += tensors[name]!.data.length;
      }
      const rows = names.reduce((sum, name) => sum + tensors[name]!.shape[0]!, 0);
      const tensor = tf.tensor(data, [rows, ...first!.shape.slice(1)]);
      if (type === "float32") return tensor;
      const narrow = storedAs(tensor, type);
      tensor.dispose();
      return narrow;
    },
  };
}

function buildWeights(
  config: ModelConfig,
  source: WeightSource,
  { trainable, head, baseWeights }: { trainable: boolean; head: boolean; baseWeights: FloatType },
): TransformerWeights {
  const family = FAMILIES[config.modelType];
  const own = (names: readonly string[], type: FloatType): tf.Tensor => {
    const tensor = tf.keep(source.load(names, type));
    if (!trainable) return tensor;
    const variable = tf.variable(tensor);
    tensor.dispose();
    return variable;
  };
  const vector = (name: string): tf.Tensor1D => own([name], "float32") as tf.Tensor1D;
  const normOf = (name: string): NormWeights => ({
    weight: vector(`${name}.weight`),
    bias: family.norm === "layer" ? vector(`${name}.bias`) : null,
  });
  const matrixOf = (values: tf.Tensor): Matrix =>
    values instanceof tf.Variable
      ? trainableMatrix(values as tf.Variable<tf.Rank.R2>)
      : frozenMatrix(values as tf.Tensor2D);
  const projections = projectionsOf(config);
  const group = (layer: number, name: ProjectionName): ProjectionGroup => {
    const parts = projections[name](layer);
    return transposesFirst() ? parts.map((part) => projection([{ ...part, column: 0 }])) : [projection(parts)];
  };
  const projection = (parts: readonly ProjectionPart[]): Projection => {
    const matrix = matrixOf(
      own(
        parts.map(({ module }) => `model.${module}.weight`),
        baseWeights,
      ),
    );
    return { parts, matrix, bias: biasOf(source, parts, (names) => own(names, baseWeights), baseWeights) };
  };
  const embedding = own([TENSOR.embedding], baseWeights) as tf.Tensor2D;
  const positions = config.rope ? null : (own([TENSOR.positions], baseWeights) as tf.Tensor2D);
  const layers = Array.from({ length: config.layers }, (_, layer): LayerWeights => ({
    inputNorm: normOf(TENSOR.inputNorm(layer)),
    qkv: group(layer, "qkv"),
    headNorms: family.queryKeyNorm
      ? { query: vector(TENSOR.queryNorm(layer)), key: vector(TENSOR.keyNorm(layer)) }
      : null,
    o: group(layer, "o"),
    attentionNorm: normOf(TENSOR.attentionNorm(layer)),
    gateUp: group(layer, "gateUp"),
    down: group(layer, "down"),
  }));
  return {
    embedding,
    positions,
    layers,
    norm: normOf(TENSOR.norm),
    head: head ? matrixOf(config.tiedEmbeddings ? embedding : own([TENSOR.head], baseWeights)) : null,
  };
}

/** The biases of a projection's modules; those that one lacks are zeros where another has some. */
function biasOf(
  source: WeightSource,
  parts: Projection["parts"],
  own: (names: readonly string[]) => tf.Tensor,
  type: FloatType,
): tf.Tensor1D | null {
  const nameOf = (module: string): string => `model.${module}.bias`;
  const there = parts.filter(({ module }) => source.shapeOf(nameOf(module)) !== null);
  if (there.length === 0) return null;
  if (there.length === parts.length) return own(parts.map(({ module }) => nameOf(module))) as tf.Tensor1D;
  const joined = tf.tidy(() => {
    const each = parts.map((part) =>
      there.includes(part) ? source.load([nameOf(part.module)], "float32") : tf.zeros([part.size]),
    );
    const whole = tf.concat(each as tf.Tensor1D[]);
    return type === "float32" ? whole : storedAs(whole, type);
  });
  return tf.keep(joined) as tf.Tensor1D;
}

function checkTensors(config: ModelConfig, source: WeightSource, head: boolean, folder: string): void {
  const where = folder === "" ? "The model" : `Model folder ${folder}`;
  const published = (name: string): string => source.publishedName?.(name) ?? name;
  const expected = requiredTensors(config).filter(({ name }) => head || name !== TENSOR.head);
  const missing = expected.filter(({ name }) => source.shapeOf(name) === null).map(({ name }) => published(name));
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
    return name.endsWith("_proj.weight") && source.shapeOf(bias) ? [{ name: bias, shape: shape.slice(0, 1) }] : [];
  });
  for (const { name, shape } of [...expected, ...biases]) {
    const actual = source.shapeOf(name)!;
    if (actual.join() === shape.join()) continue;
    throw new UniArmError(
      "model-tensor-shape",
      `${where} has tensor ${published(name)} of shape [${actual.join(", ")}]; config.json asks for [${shape.join(", ")}]. Use weights and config.json of one model.`,
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

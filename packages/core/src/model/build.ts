import type { ExpertWeights } from "../layers/experts.ts";
import type { NormWeights } from "../layers/norms.ts";
import type { Projection, ProjectionGroup, ProjectionPart } from "../layers/project.ts";
import { rotaryOf } from "../layers/rotary.ts";
import type { BaseWeights } from "../schema/base-weights.ts";
import { UniArmError } from "../schema/error.ts";
import type { ModelConfig } from "../schema/model.ts";
import { transposesFirst } from "../tensor/engine.ts";
import { frozenMatrix, trainableMatrix, type Matrix } from "../tensor/matrix.ts";
import { isTensorFlow, storedAs, type FloatType } from "../tensor/native.ts";
import { isQuantized, requireBlocks } from "../tensor/quantized.ts";
import * as tf from "../tensor/tf.ts";
import { checkTensors } from "./check-tensors.ts";
import { FAMILIES } from "./family.ts";
import { projectionsOf, TENSOR, type ProjectionName } from "./tensor-names.ts";
import { quantizedWeights } from "./quantized-weights.ts";
import type { LayerWeights, Transformer, TransformerWeights } from "./transformer.ts";
import type { WeightSource } from "./weight-source.ts";

export interface BuildOptions {
  /** false: the model has no language-model head (a classifier's backbone); its tensors are not asked for */
  head?: boolean;
  /** All weights become variables and `forward` is differentiable in them. */
  trainable?: boolean;
  /** How a frozen model's matrices are held; all but float32 only on the tensorflow engine. Default: float32. */
  baseWeights?: BaseWeights;
  folder?: string;
  /** Default: computed from the tensors. */
  sha256?: string;
  /** what the user should know of how the files were read */
  notices?: readonly string[];
}

/** A model on the open engine from any source of weights. */
export function buildTransformer(
  config: ModelConfig,
  source: WeightSource,
  options: BuildOptions & { sha256: string },
): Transformer {
  const { trainable = false, head = true, folder = "", sha256, notices = [] } = options;
  const baseWeights = trainable ? "float32" : (options.baseWeights ?? "float32");
  if (baseWeights === "bfloat16" && !isTensorFlow()) {
    throw new UniArmError(
      "base-weights-unsupported",
      `Base weights in bfloat16 need the tensorflow engine; this process runs on ${tf.getBackend()}. ` +
        "Take float32, or build the engine: pnpm engine:install.",
    );
  }
  if (isQuantized(baseWeights)) requireBlocks();
  checkTensors(config, source, head, folder);
  return {
    config,
    trainable,
    baseWeights,
    sha256,
    folder,
    notices,
    weights: buildWeights(config, source, { trainable, head, baseWeights }),
    rotary: rotaryOf(config),
  };
}

function buildWeights(
  config: ModelConfig,
  source: WeightSource,
  { trainable, head, baseWeights }: { trainable: boolean; head: boolean; baseWeights: BaseWeights },
): TransformerWeights {
  const family = FAMILIES[config.modelType];
  /** of biases, learned positions and, unless they are quantized, matrices */
  const type: FloatType = baseWeights === "bfloat16" ? "bfloat16" : "float32";
  const own = (names: readonly string[], type: FloatType, offset = 0): tf.Tensor => {
    const tensor = tf.keep(
      tf.tidy(() => (offset === 0 ? source.load(names, type) : tf.add(source.load(names, type), offset))),
    );
    if (!trainable) return tensor;
    const variable = tf.variable(tensor);
    tensor.dispose();
    return variable;
  };
  const vector = (name: string): tf.Tensor1D => own([name], "float32") as tf.Tensor1D;
  const scale = (name: string): tf.Tensor1D => own([name], "float32", family.normOffset) as tf.Tensor1D;
  const normOf = (name: string): NormWeights => ({
    weight: scale(`${name}.weight`),
    bias: family.norm === "layer" ? vector(`${name}.bias`) : null,
  });
  const matrixOf = (values: tf.Tensor): Matrix =>
    values instanceof tf.Variable
      ? trainableMatrix(values as tf.Variable<tf.Rank.R2>)
      : frozenMatrix(values as tf.Tensor2D);
  const heldOf = (names: readonly string[]): Matrix =>
    isQuantized(baseWeights) ? quantizedWeights(source, names, baseWeights) : matrixOf(own(names, type));
  const projections = projectionsOf(config);
  const group = (layer: number, name: ProjectionName): ProjectionGroup => {
    const parts = projections[name](layer);
    return transposesFirst() ? parts.map((part) => projection([{ ...part, column: 0 }])) : [projection(parts)];
  };
  const projection = (parts: readonly ProjectionPart[]): Projection => {
    const matrix = heldOf(parts.map(({ module }) => `model.${module}.weight`));
    return { parts, matrix, bias: biasOf(source, parts, (names) => own(names, type), type) };
  };
  const expertsOf = (layer: number, count: number): ExpertWeights => {
    const each = Array.from({ length: count }, (_, expert) => expert);
    const name = (expert: number, module: "gate_proj" | "up_proj" | "down_proj") =>
      TENSOR.expert(layer, expert, module);
    return {
      router: heldOf([TENSOR.router(layer)]),
      gateUp: each.map((expert) => heldOf([name(expert, "gate_proj"), name(expert, "up_proj")])),
      down: each.map((expert) => heldOf([name(expert, "down_proj")])),
    };
  };
  const embedding = isQuantized(baseWeights)
    ? quantizedWeights(source, [TENSOR.embedding], baseWeights)
    : (own([TENSOR.embedding], type) as tf.Tensor2D);
  const tiedHead = (): Matrix => ("kind" in embedding ? embedding : matrixOf(embedding));
  // before the layers: the widest matrices are read whole to be quantized, while little else is held
  const headMatrix = head ? (config.tiedEmbeddings ? tiedHead() : heldOf([TENSOR.head])) : null;
  const positions = config.rope ? null : (own([TENSOR.positions], type) as tf.Tensor2D);
  const layers = Array.from({ length: config.layers }, (_, layer): LayerWeights => ({
    inputNorm: family.norms === "after" ? null : normOf(TENSOR.inputNorm(layer)),
    qkv: group(layer, "qkv"),
    headNorms:
      family.queryKeyNorm === "none"
        ? null
        : { query: scale(TENSOR.queryNorm(layer)), key: scale(TENSOR.keyNorm(layer)) },
    o: group(layer, "o"),
    afterAttentionNorm: family.norms === "before" ? null : normOf(TENSOR.afterAttentionNorm(layer)),
    attentionNorm: family.norms === "after" ? null : normOf(TENSOR.attentionNorm(layer)),
    gateUp: config.experts ? [] : group(layer, "gateUp"),
    down: config.experts ? [] : group(layer, "down"),
    experts: config.experts ? expertsOf(layer, config.experts.count) : null,
    afterMlpNorm: family.norms === "before" ? null : normOf(TENSOR.afterMlpNorm(layer)),
  }));
  return {
    embedding,
    positions,
    layers,
    norm: normOf(TENSOR.norm),
    head: headMatrix,
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

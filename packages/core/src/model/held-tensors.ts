import type { ExpertWeights } from "../layers/experts.ts";
import type { NormWeights } from "../layers/norms.ts";
import type { Projection } from "../layers/project.ts";
import { isTensorFlow, storedAs } from "../tensor/native.ts";
import { matrixValues, type Matrix } from "../tensor/matrix.ts";
import type { QuantizedMatrix } from "../tensor/quantized.ts";
import * as tf from "../tensor/tf.ts";
import { FAMILIES } from "./family.ts";
import { TENSOR } from "./tensor-names.ts";
import type { Transformer } from "./transformer.ts";
import type { TensorRecord } from "./weight-source.ts";

/** One published tensor inside a tensor that the model holds: the rows start ... start + size - 1 of it. */
interface HeldTensor {
  name: string;
  tensor: tf.Tensor | QuantizedMatrix;
  start: number;
  size: number;
}

/** Where every tensor of a model is held; weights of RMSNorms with the family's offset. */
function heldTensors({ config, weights }: Transformer): HeldTensor[] {
  const whole = (name: string, tensor: tf.Tensor | QuantizedMatrix): HeldTensor => ({
    name,
    tensor,
    start: 0,
    size: shapeOf(tensor)[0]!,
  });
  const projection = ({ parts, matrix, bias }: Projection): HeldTensor[] =>
    parts.flatMap(({ module, column, size }) => [
      { name: `model.${module}.weight`, tensor: heldBy(matrix), start: column, size },
      ...(bias ? [{ name: `model.${module}.bias`, tensor: bias, start: column, size }] : []),
    ]);
  const normOf = (name: string, norm: NormWeights | null): HeldTensor[] => [
    ...(norm ? [whole(`${name}.weight`, norm.weight)] : []),
    ...(norm?.bias ? [whole(`${name}.bias`, norm.bias)] : []),
  ];
  const expertTensors = (layer: number, { router, gateUp, down }: ExpertWeights): HeldTensor[] => [
    whole(TENSOR.router(layer), heldBy(router)),
    ...gateUp.flatMap((matrix, expert): HeldTensor[] => {
      const [tensor, size] = [heldBy(matrix), matrix.outSize / 2];
      return [
        { name: TENSOR.expert(layer, expert, "gate_proj"), tensor, start: 0, size },
        { name: TENSOR.expert(layer, expert, "up_proj"), tensor, start: size, size },
      ];
    }),
    ...down.map((matrix, expert) => whole(TENSOR.expert(layer, expert, "down_proj"), heldBy(matrix))),
  ];
  return [
    whole(TENSOR.embedding, weights.embedding),
    ...(weights.positions ? [whole(TENSOR.positions, weights.positions)] : []),
    ...weights.layers.flatMap(({ qkv, headNorms, o, gateUp, down, experts, ...norms }, index) => [
      ...normOf(TENSOR.inputNorm(index), norms.inputNorm),
      ...normOf(TENSOR.afterAttentionNorm(index), norms.afterAttentionNorm),
      ...normOf(TENSOR.attentionNorm(index), norms.attentionNorm),
      ...normOf(TENSOR.afterMlpNorm(index), norms.afterMlpNorm),
      ...(headNorms ? [whole(TENSOR.queryNorm(index), headNorms.query)] : []),
      ...(headNorms ? [whole(TENSOR.keyNorm(index), headNorms.key)] : []),
      ...[qkv, o, gateUp, down].flat().flatMap(projection),
      ...(experts ? expertTensors(index, experts) : []),
    ]),
    ...normOf(TENSOR.norm, weights.norm),
    ...(weights.head && !config.tiedEmbeddings ? [whole(TENSOR.head, heldBy(weights.head))] : []),
  ];
}

/** The variables of a trainable model, each by the Hugging Face names of what it holds; empty for a frozen one. */
export function trainableVariables(model: Transformer): Record<string, tf.Variable> {
  const names = new Map<tf.Variable, string[]>();
  for (const { name, tensor } of heldTensors(model)) {
    if (!(tensor instanceof tf.Variable)) continue;
    const variable = tensor as tf.Variable;
    names.set(variable, [...(names.get(variable) ?? []), name]);
  }
  return Object.fromEntries([...names].map(([variable, held]) => [held.join("+"), variable]));
}

/** The weights back in main memory, by their Hugging Face names. */
export async function transformerTensors(model: Transformer): Promise<TensorRecord> {
  const { normOffset } = FAMILIES[model.config.modelType];
  const record: TensorRecord = {};
  const values = new Map<tf.Tensor | QuantizedMatrix, Float32Array>();
  for (const { name, tensor, start, size } of heldTensors(model)) {
    const data = values.get(tensor) ?? (await float32Values(tensor));
    values.set(tensor, data);
    const [rows, ...rest] = shapeOf(tensor);
    const row = data.length / rows!;
    const own = data.slice(start * row, (start + size) * row);
    if (rest.length === 0 && !name.endsWith(".bias") && normOffset !== 0)
      own.forEach((value, index) => (own[index] = value - normOffset));
    record[name] = { shape: [size, ...rest], data: own };
  }
  return record;
}

const heldBy = (matrix: Matrix): tf.Tensor | QuantizedMatrix => (matrix.kind === "quantized" ? matrix : matrix.values);
const shapeOf = (held: tf.Tensor | QuantizedMatrix): readonly number[] =>
  "kind" in held ? [held.outSize, held.inSize] : held.shape;

async function float32Values(tensor: tf.Tensor | QuantizedMatrix): Promise<Float32Array> {
  const wide =
    "kind" in tensor ? matrixValues(tensor) : isTensorFlow() ? storedAs(tensor, "float32") : tf.clone(tensor);
  try {
    return await wide.data<"float32">();
  } finally {
    wide.dispose();
  }
}

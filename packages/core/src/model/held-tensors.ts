import type { NormWeights } from "../layers/norms.ts";
import type { Projection } from "../layers/project.ts";
import { isTensorFlow, storedAs } from "../tensor/native.ts";
import * as tf from "../tensor/tf.ts";
import { TENSOR } from "./tensor-names.ts";
import type { Transformer } from "./transformer.ts";
import type { TensorRecord } from "./weight-source.ts";

/** One published tensor inside a tensor that the model holds: the rows start ... start + size - 1 of it. */
interface HeldTensor {
  name: string;
  tensor: tf.Tensor;
  start: number;
  size: number;
}

/** Where every published tensor of a model is held. */
function heldTensors({ config, weights }: Transformer): HeldTensor[] {
  const whole = (name: string, tensor: tf.Tensor): HeldTensor => ({
    name,
    tensor,
    start: 0,
    size: tensor.shape[0],
  });
  const projection = ({ parts, matrix, bias }: Projection): HeldTensor[] =>
    parts.flatMap(({ module, column, size }) => [
      { name: `model.${module}.weight`, tensor: matrix.values, start: column, size },
      ...(bias ? [{ name: `model.${module}.bias`, tensor: bias, start: column, size }] : []),
    ]);
  const normOf = (name: string, { weight, bias }: NormWeights): HeldTensor[] => [
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
  for (const { name, tensor } of heldTensors(model)) {
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
  for (const { name, tensor, start, size } of heldTensors(model)) {
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

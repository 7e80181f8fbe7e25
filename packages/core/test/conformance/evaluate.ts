import { createRandom } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";
import type { ConformanceCase, TensorValues } from "./case.ts";

/** A tensor read back. */
export interface Answer {
  shape: number[];
  dtype: string;
  values: Float32Array | Int32Array | Uint8Array;
}

type Run = ConformanceCase["run"];

const owned: (() => void)[] = [];

/** For a case that makes what a tidy does not free, such as a frozen matrix: `free` runs once gradients are read. */
export function freeLater(free: () => void): void {
  owned.push(free);
}

/** What `run` gives on the active backend. */
export function forward(run: Run, inputs: readonly TensorValues[]): Answer[] {
  return read(() => listed(run(...inputs.map(tensorOf))));
}

/** Gradients of sum(upstream * outputs) in the inputs asked for, on the active backend. */
export function gradients(run: Run, inputs: readonly TensorValues[], differentiable: readonly number[]): Answer[] {
  return read(() => {
    const tensors = inputs.map(tensorOf);
    const ofDifferentiable = (...changed: tf.Tensor[]): tf.Tensor => {
      const all = [...tensors];
      differentiable.forEach((input, index) => (all[input] = changed[index]!));
      return joined(listed(run(...all)));
    };
    const chosen = differentiable.map((index) => tensors[index]!);
    const { shape, size } = ofDifferentiable(...chosen);
    return tf.grads(ofDifferentiable)(chosen, tf.tensor(upstream(size).slice(), shape));
  });
}

/** The weights of the outputs in the score that is differentiated; some are 0, as for positions without a loss. */
export function upstream(size: number): Float32Array {
  const known = upstreams.get(size);
  if (known) return known;
  const random = createRandom(23).fork(`upstream ${size}`);
  const drawn = Float32Array.from({ length: size }, (_, index) => (index % 7 === 5 ? 0 : random.normal()));
  upstreams.set(size, drawn);
  return drawn;
}
const upstreams = new Map<number, Float32Array>();

/** One output as it is, several as one vector. */
function joined(outputs: readonly tf.Tensor[]): tf.Tensor {
  return outputs.length === 1 ? outputs[0]! : tf.concat(outputs.map((output) => tf.reshape<tf.Rank.R1>(output, [-1])));
}

const listed = (outputs: tf.Tensor | tf.Tensor[]): tf.Tensor[] => (Array.isArray(outputs) ? outputs : [outputs]);

function tensorOf({ values, shape, dtype }: TensorValues): tf.Tensor {
  if (dtype === "float32") return tf.tensor(Float32Array.from(values), shape, dtype);
  return tf.tensor(dtype === "int32" ? Int32Array.from(values) : Uint8Array.from(values), shape, dtype);
}

/** Numbers of the tensors made, which are freed. Not by the result of a tidy: that searches every number for tensors. */
function read(make: () => tf.Tensor[]): Answer[] {
  const answers: Answer[] = [];
  try {
    tf.tidy(() => {
      answers.push(...make().map(answerOf));
    });
  } finally {
    for (const free of owned.splice(0)) free();
  }
  return answers;
}

/** A copy: the engine may reuse what dataSync gives. */
const answerOf = (tensor: tf.Tensor): Answer => ({
  shape: [...tensor.shape],
  dtype: tensor.dtype,
  values: tensor.dataSync().slice(),
});

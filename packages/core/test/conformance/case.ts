import type { EngineName } from "../../src/tensor/engine.ts";
import { createRandom } from "../../src/tensor/random.ts";
import type * as tf from "../../src/tensor/tf.ts";
import type { Tolerance } from "./tolerance.ts";

/** Numbers with a shape: what a tensor is made of on whichever backend is active. Booleans are 0 and 1. */
export interface TensorValues {
  shape: number[];
  values: number[];
  dtype: "float32" | "int32" | "bool";
}

/** A question that every engine answers alike. Cases are data: a new operation is a new entry in `cases/`. */
export interface ConformanceCase {
  /** what is asked, shapes included */
  name: string;
  /** the functions of tf, or kernels, that the case is for; the inventory looks here */
  operations: readonly string[];
  inputs: readonly TensorValues[];
  run: (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
  /** the same written out in plain operations: asked of the oracle instead of `run`, which may use an engine's own kernels */
  reference?: (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
  /** which inputs are differentiated, by index; an operation that only ever runs forward has none */
  differentiable?: readonly number[];
  /** elements that finite differences look at, per differentiable input; else evenly spread ones */
  probes?: readonly (readonly number[])[];
  tolerance: Tolerance;
  gradientTolerance?: Tolerance;
  /** where an engine is known to answer otherwise, and why that is lived with; a test fails once it no longer does */
  differs?: Partial<Record<EngineName, string>>;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, axis) => product * axis, 1);

const shaped =
  (dtype: TensorValues["dtype"]) =>
  (shape: number[], values: readonly number[]): TensorValues => {
    if (values.length !== sizeOf(shape)) throw new Error(`${values.length} values do not fill [${shape.join(", ")}].`);
    return { shape, values: [...values], dtype };
  };
export const floats = shaped("float32");
export const integers = shaped("int32");
export const booleans = shaped("bool");

/** Standard normal float32 values; the shape decides them, and `stream` tells two of one shape apart. */
export function normal(shape: number[], stream = ""): TensorValues {
  const random = createRandom(17).fork(`${shape.join("x")} ${stream}`);
  return floats(shape, Float32Array.from({ length: sizeOf(shape) }, () => random.normal()) as unknown as number[]);
}

/** `f` of every value, in float32. */
export const mapped = (x: TensorValues, f: (value: number, index: number) => number): TensorValues => ({
  ...x,
  values: x.values.map((value, index) => Math.fround(f(value, index))),
});

/** At least 1/4 from 0 on either side: finite differences must not step over a kink. */
export const awayFromZero = (x: TensorValues): TensorValues =>
  mapped(x, (value) => (value < 0 ? value - 0.25 : value + 0.25));

/** Between 1/2 and about 4: inside the domain of logarithms, roots and quotients. */
export const positive = (x: TensorValues): TensorValues => mapped(x, (value) => 0.5 + Math.abs(value));

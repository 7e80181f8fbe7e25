import * as tf from "../../src/tensor/tf.ts";

/** Central differences of a scalar function of one tensor, at the flat indices given. */
export function numericGradient(
  f: (x: tf.Tensor) => tf.Tensor,
  at: { shape: number[]; values: number[] },
  indices: readonly number[],
  step = 1e-2,
): number[] {
  const valueAt = (index: number, shift: number): number =>
    tf.tidy(() => {
      const moved = [...at.values];
      moved[index] = moved[index]! + shift;
      return f(tf.tensor(moved, at.shape)).dataSync()[0]!;
    });
  return indices.map((index) => (valueAt(index, step) - valueAt(index, -step)) / (2 * step));
}

/** Values from a seeded stream. */
export function drawn(random: { normal: () => number }, shape: number[]): { shape: number[]; values: number[] } {
  const size = shape.reduce((product, axis) => product * axis, 1);
  return { shape, values: Array.from({ length: size }, () => random.normal()) };
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = a.length === b.length ? 0 : Infinity;
  for (let index = 0; index < a.length; index++) largest = Math.max(largest, Math.abs(a[index]! - b[index]!));
  return largest;
}

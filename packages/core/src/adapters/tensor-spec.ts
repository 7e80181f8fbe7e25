import type { Random } from "../tensor/random.ts";

/** A trained tensor of an adapter: its name, shape and the law its first entries are drawn from. */
export interface TensorSpec {
  readonly name: string;
  readonly shape: readonly [number, number];
  readonly start: (random: Random) => number;
}

export const zeroStart = (): number => 0;

export const normalStart =
  (deviation: number) =>
  (random: Random): number =>
    deviation * random.normal();

/** Kaiming-uniform with a = sqrt(5), as PEFT draws A: uniform in +-1 / sqrt(fanIn). */
export const kaimingStart =
  (fanIn: number) =>
  (random: Random): number =>
    (2 * random.uniform() - 1) / Math.sqrt(fanIn);

/** First values of a tensor. Each has a stream of its own, so that no tensor depends on which others exist. */
export function drawStart({ name, shape, start }: TensorSpec, random: Random): Float32Array {
  const stream = random.fork(name);
  return Float32Array.from({ length: shape[0] * shape[1] }, () => start(stream));
}

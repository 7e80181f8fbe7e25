import { widenFloat16 } from "../half-precision.ts";
import type { DecodeBlock } from "./decode-block.ts";

/*
 * Blocks of 32 values with one scale. Sums and products are rounded to float32 where the original rounds them, so that every
 * value is the original's, bit for bit.
 */

const BLOCK = 32;

let halves: Float32Array | null = null;

/** The float16 at bytes[at]; a table of all of them, since every block begins with one. */
export function halfAt(bytes: Uint8Array, at: number): number {
  halves ??= widenFloat16(Uint16Array.from({ length: 65536 }, (_, bits) => bits));
  return halves[bytes[at]! | (bytes[at + 1]! << 8)]!;
}

/** Four bits a value, the first half of the block in the lower ones. Q4_1 adds a minimum, Q4_0 counts from -8. */
export function decodeQ4(hasMinimum: boolean): DecodeBlock {
  const [start, shift] = hasMinimum ? [4, 0] : [2, 8];
  return (bytes, at, out, to) => {
    const scale = halfAt(bytes, at);
    const minimum = hasMinimum ? halfAt(bytes, at + 2) : 0;
    for (let index = 0; index < BLOCK / 2; index++) {
      const pair = bytes[at + start + index]!;
      out[to + index] = valueOf(scale, (pair & 15) - shift, minimum);
      out[to + index + BLOCK / 2] = valueOf(scale, (pair >> 4) - shift, minimum);
    }
  };
}

/** As `decodeQ4`, with a fifth bit of every value in 32 bits before them. */
export function decodeQ5(hasMinimum: boolean): DecodeBlock {
  const [start, shift] = hasMinimum ? [4, 0] : [2, 16];
  return (bytes, at, out, to) => {
    const scale = halfAt(bytes, at);
    const minimum = hasMinimum ? halfAt(bytes, at + 2) : 0;
    const high = at + start;
    const fifth = (index: number): number => ((bytes[high + (index >> 3)]! >> (index & 7)) & 1) << 4;
    for (let index = 0; index < BLOCK / 2; index++) {
      const pair = bytes[high + 4 + index]!;
      out[to + index] = valueOf(scale, ((pair & 15) | fifth(index)) - shift, minimum);
      out[to + index + BLOCK / 2] = valueOf(scale, ((pair >> 4) | fifth(index + BLOCK / 2)) - shift, minimum);
    }
  };
}

export const decodeQ8: DecodeBlock = (bytes, at, out, to) => {
  const scale = halfAt(bytes, at);
  for (let index = 0; index < BLOCK; index++) out[to + index] = scale * signed(bytes[at + 2 + index]!);
};

/** What the sixteen codes of IQ4_NL stand for: close together where weights are frequent. */
const IQ4_NL_VALUES = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

export const decodeIq4Nl: DecodeBlock = (bytes, at, out, to) => {
  const scale = halfAt(bytes, at);
  for (let index = 0; index < BLOCK / 2; index++) {
    const pair = bytes[at + 2 + index]!;
    out[to + index] = scale * IQ4_NL_VALUES[pair & 15]!;
    out[to + index + BLOCK / 2] = scale * IQ4_NL_VALUES[pair >> 4]!;
  }
};

const valueOf = (scale: number, steps: number, minimum: number): number => Math.fround(scale * steps) + minimum;

/** A byte as a number with a sign. */
export const signed = (byte: number): number => (byte << 24) >> 24;

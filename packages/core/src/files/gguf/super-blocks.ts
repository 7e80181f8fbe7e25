import { halfAt, signed } from "./blocks.ts";
import type { DecodeBlock } from "./decode-block.ts";

/*
 * Super-blocks of 256 values: 8 or 16 groups whose scales (and minima) are small whole numbers times one float16 each. Values
 * are rounded to float32 where the original rounds them.
 */

/** Scales and minima 4 bits each, then 2 bits a value. */
export const decodeQ2K: DecodeBlock = (bytes, at, out, to) => {
  const [scale, minimum] = [halfAt(bytes, at + 80), halfAt(bytes, at + 82)];
  for (let group = 0; group < 16; group++) {
    const packed = bytes[at + group]!;
    const own = Math.fround(scale * (packed & 15));
    const least = Math.fround(minimum * (packed >> 4));
    const { first, shift } = quarterOf(group);
    for (let index = 0; index < 16; index++)
      out[to + group * 16 + index] = Math.fround(own * ((bytes[at + 16 + first + index]! >> shift) & 3)) - least;
  }
};

/** A third bit of every value, 2 bits a value, then scales of 6 bits: the lower four, then the upper two. */
export const decodeQ3K: DecodeBlock = (bytes, at, out, to) => {
  const scale = halfAt(bytes, at + 108);
  const scales = at + 96;
  for (let group = 0; group < 16; group++) {
    const low = group < 8 ? bytes[scales + group]! & 15 : bytes[scales + group - 8]! >> 4;
    const high = (bytes[scales + 8 + (group & 3)]! >> (2 * (group >> 2))) & 3;
    const own = Math.fround(scale * ((low | (high << 4)) - 32));
    const { first, shift } = quarterOf(group);
    const bit = group >> 1;
    for (let index = 0; index < 16; index++) {
      const third = (bytes[at + (first & 16) + index]! >> bit) & 1; // where it is 0, four are taken away
      const steps = ((bytes[at + 32 + first + index]! >> shift) & 3) - (third === 1 ? 0 : 4);
      out[to + group * 16 + index] = own * steps;
    }
  }
};

/** Where 2-bit values of a group of 16 begin: 32 bytes hold four times 32 values, one time above the other. */
function quarterOf(group: number): { first: number; shift: number } {
  return { first: (group >> 3) * 32 + (group & 1) * 16, shift: 2 * ((group >> 1) & 3) };
}

/** Eight groups with scales and minima of 6 bits, then 4 bits a value. */
export const decodeQ4K: DecodeBlock = (bytes, at, out, to) => {
  decodeEightGroups(bytes, at, out, to, at + 16, null);
};

/** The same with a fifth bit of every value before them. */
export const decodeQ5K: DecodeBlock = (bytes, at, out, to) => {
  decodeEightGroups(bytes, at, out, to, at + 48, at + 16);
};

function decodeEightGroups(
  bytes: Uint8Array,
  at: number,
  out: Float32Array,
  to: number,
  quarters: number,
  fifths: number | null,
): void {
  const [scale, minimum] = [halfAt(bytes, at), halfAt(bytes, at + 2)];
  for (let group = 0; group < 8; group++) {
    const [steps, least] = scaleAndMinimum(bytes, at + 4, group);
    const own = Math.fround(scale * steps);
    const less = Math.fround(minimum * least);
    const first = quarters + (group >> 1) * 32;
    const shift = 4 * (group & 1);
    for (let index = 0; index < 32; index++) {
      const fifth = fifths === null ? 0 : ((bytes[fifths + index]! >> group) & 1) << 4;
      out[to + group * 32 + index] = Math.fround(own * (((bytes[first + index]! >> shift) & 15) | fifth)) - less;
    }
  }
}

/** Twelve bytes: of groups 0-3 the lower six bits of bytes, of 4-7 four bits each with two from above those. */
function scaleAndMinimum(bytes: Uint8Array, at: number, group: number): [scale: number, minimum: number] {
  if (group < 4) return [bytes[at + group]! & 63, bytes[at + 4 + group]! & 63];
  const low = bytes[at + 4 + group]!;
  return [(low & 15) | ((bytes[at + group - 4]! >> 6) << 4), (low >> 4) | ((bytes[at + group]! >> 6) << 4)];
}

/** Four bits a value, two more of each, then sixteen scales of 8 bits with a sign. */
export const decodeQ6K: DecodeBlock = (bytes, at, out, to) => {
  const scale = halfAt(bytes, at + 208);
  for (let group = 0; group < 16; group++) {
    const own = Math.fround(scale * signed(bytes[at + 192 + group]!));
    const half = group >> 3;
    const row = (group >> 1) & 3; // of four rows of 32 values
    const column = (group & 1) * 16;
    const low = at + half * 64 + (row & 1) * 32 + column;
    const high = at + 128 + half * 32 + column;
    for (let index = 0; index < 16; index++) {
      const steps =
        ((bytes[low + index]! >> (row & 2 ? 4 : 0)) & 15) | (((bytes[high + index]! >> (2 * row)) & 3) << 4);
      out[to + group * 16 + index] = own * (steps - 32);
    }
  }
};

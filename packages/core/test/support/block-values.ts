import type { BlockFormat } from "../../src/tensor/quantized.ts";

/** What GGUF's bytes mean, as its formats are written down, number by number. */
export function blockValues(format: BlockFormat, bytes: Uint8Array): number[] {
  const size = { Q8_0: 34, Q4_0: 18, Q4_1: 20, Q4_K: 144 }[format];
  return Array.from({ length: bytes.length / size }, (_, block) =>
    FORMULAS[format](bytes.subarray(block * size, (block + 1) * size)),
  ).flat();
}

const FORMULAS: Record<BlockFormat, (block: Uint8Array) => number[]> = {
  Q8_0: (block) => Array.from(block.subarray(2), (byte) => half(block, 0) * ((byte << 24) >> 24)),
  Q4_0: (block) => nibbles(block.subarray(2)).map((value) => half(block, 0) * (value - 8)),
  Q4_1: (block) => nibbles(block.subarray(4)).map((value) => half(block, 0) * value + half(block, 2)),
  Q4_K: (block) => {
    const factors = block.subarray(4, 16);
    return Array.from({ length: 8 }, (_, part) => {
      const [scale, minimum] = factorsOf(factors, part);
      const own = nibbles(block.subarray(16 + 32 * (part >> 1), 48 + 32 * (part >> 1)));
      return own
        .slice(32 * (part % 2), 32 * (part % 2) + 32)
        .map((value) => half(block, 0) * scale * value - half(block, 2) * minimum);
    }).flat();
  },
};

/** Lower halves of the bytes, then upper ones. */
const nibbles = (bytes: Uint8Array): number[] => [
  ...Array.from(bytes, (byte) => byte & 15),
  ...Array.from(bytes, (byte) => byte >> 4),
];

/** Six bits each of twelve bytes: scale and minimum of one of eight blocks. */
function factorsOf(bytes: Uint8Array, part: number): [number, number] {
  if (part < 4) return [bytes[part]! & 63, bytes[part + 4]! & 63];
  const low = bytes[part + 4]!;
  return [(low & 15) | ((bytes[part - 4]! >> 6) << 4), (low >> 4) | ((bytes[part]! >> 6) << 4)];
}

function half(bytes: Uint8Array, at: number): number {
  const bits = bytes[at]! | (bytes[at + 1]! << 8);
  const [exponent, mantissa] = [(bits >> 10) & 31, bits & 1023];
  const size = exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15);
  return bits & 0x8000 ? -size : size;
}

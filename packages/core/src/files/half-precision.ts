/** float16 bits -> the same values in float32. */
export function widenFloat16(bits: Uint16Array): Float32Array {
  return Float32Array.from(bits, (half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
  });
}

/** bfloat16 bits -> the same values in float32: bfloat16 is the upper half of a float32. */
export function widenBfloat16(bits: Uint16Array): Float32Array {
  const wide = new Uint32Array(bits.length);
  for (let index = 0; index < bits.length; index++) wide[index] = bits[index]! << 16;
  return new Float32Array(wide.buffer);
}

/** float32 -> bfloat16 bits, rounded to nearest, ties to even. */
export function narrowBfloat16(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const bits = new Uint16Array(words.length);
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    const isNaN = Number.isNaN(values[index]);
    // of a NaN a carry could make an infinity
    bits[index] = isNaN ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return bits;
}

/** float32 -> float16 bits, rounded to nearest, ties to even; what is too large becomes infinite. */
export function narrowFloat16(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, (value) => {
    const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
    const size = Math.abs(value);
    if (Number.isNaN(size)) return sign | 0x7e00;
    if (size >= 65520) return sign | 0x7c00; // half-way to the number after the largest
    const exponent = Math.max(-14, Math.floor(Math.log2(size || 2 ** -24)));
    const steps = toEven(size / 2 ** (exponent - 10)); // of the last place
    return sign | (steps + (exponent > -15 && steps >= 1024 ? (exponent + 14) << 10 : 0));
  });
}

function toEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

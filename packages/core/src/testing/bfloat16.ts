/**
 * What a trip through bfloat16 leaves of float32 values: the upper 16 bits, rounded to nearest, ties to even. The largest
 * float32 values become infinite, as they do in hardware.
 */
export function bfloat16Rounded(values: ArrayLike<number>): Float32Array<ArrayBuffer> {
  const rounded = Float32Array.from(values);
  const bits = new Uint32Array(rounded.buffer);
  for (let index = 0; index < bits.length; index++) {
    if (Number.isNaN(rounded[index])) continue; // the carry could make a NaN infinite
    const word = bits[index]!;
    const lastKept = (word >>> 16) & 1;
    bits[index] = (word + 0x7fff + lastKept) & 0xffff0000;
  }
  return rounded;
}

/**
 * Numbers that Python and TypeScript draw alike: uniform in centre +- scale, decided by the tensor's name alone. Expected
 * values of a reference are so stored without the weights that they belong to (tooling/reference/combinations/drawn.py).
 */
export function drawn(name: string, shape: readonly number[], scale: number, centre = 0): Float32Array {
  const count = shape.reduce((product, axis) => product * axis, 1);
  const start = fnv1a(name);
  return Float32Array.from({ length: count }, (_, index) => {
    let x = (Math.imul(index, 2654435761) + start) >>> 0;
    x ^= x >>> 16;
    x = Math.imul(x, 0x85ebca6b);
    x ^= x >>> 13;
    x = Math.imul(x, 0xc2b2ae35);
    x ^= x >>> 16;
    return centre + scale * (2 * ((x >>> 0) / 2 ** 32) - 1);
  });
}

/** 32 bits of a name in UTF-8 (Fowler, Noll and Vo). */
function fnv1a(text: string): number {
  return new TextEncoder().encode(text).reduce((value, byte) => Math.imul(value ^ byte, 0x01000193), 0x811c9dc5);
}

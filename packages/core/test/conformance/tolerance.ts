/** |ours - oracle| <= relative |oracle| + absolute, element by element. */
export interface Tolerance {
  relative: number;
  absolute: number;
  /** why it is not smaller */
  reason: string;
}

const FLOAT32_ULP = 2 ** -23; // the distance of neighbouring float32 values in [1, 2)

export const exact: Tolerance = {
  relative: 0,
  absolute: 0,
  reason: "values are moved, compared or counted, or rounded once: IEEE leaves no choice",
};

export const elementwise: Tolerance = {
  relative: 4 * FLOAT32_ULP,
  absolute: 1e-37, // SIMD code flushes numbers below the normal ones to 0
  reason: "a chain of a few roundings, which may be fused on one engine",
};

/** exp, log, sigmoid: polynomial approximations of a few units in the last place, and what cancels after them. */
export const transcendental: Tolerance = {
  relative: 16 * FLOAT32_ULP,
  absolute: 1e-6, // of values around 1: logarithms near 1 and sigmoids near 0 lose leading digits
  reason: "each engine has polynomials of its own for exp and log",
};

/** Sums of `terms` products of values around `size`, of either sign: engines add in different orders. */
export const sumOf = (terms: number, size = 1): Tolerance => ({
  relative: 4 * FLOAT32_ULP,
  // a partial sum of k such terms is around the root of k, and each loses up to half a unit of itself: in all terms / 5 units
  absolute: size * Math.max(terms, 4) * FLOAT32_ULP,
  reason: `${terms} additions are done in another order, each of them rounded`,
});

/** Sums of exponentials, all positive: what is lost is relative to the sum. */
export const exponentials = (terms: number): Tolerance => ({
  relative: Math.sqrt(terms) * 4 * FLOAT32_ULP,
  absolute: 1e-6 / terms, // of shares around 1 / terms
  reason: `${terms} exponentials are approximated and added in another order`,
});

/** Sums of `terms` products of values around `size` that are rounded to bfloat16 first: 8 bits. */
export const bfloat16 = (terms: number, size = 1): Tolerance => ({
  relative: 2 ** -8,
  // each product is off by up to 2^-8 of itself, either way; 5 standard deviations of what that adds up to
  absolute: size * Math.sqrt(Math.max(terms, 1)) * 2 ** -7,
  reason: `${terms} products of operands that are rounded to 8 bits`,
});

/** N functions at a point each. */
export interface FunctionsAt {
  values: ArrayLike<number>;
  slopes: ArrayLike<number>;
}

/** Values this small are the rounding of a float32 sum over a vocabulary. */
const TOLERANCE = 1e-6;
/** Half of them halve the interval: enough for 1e-7 of any that float32 can hold. */
const MOST_ROUNDS = 100;

/**
 * Where each of N falling functions crosses zero: Newton's step where it stays inside of the interval and the step before it
 * at least halved the value, else the middle, so that no shape is slow. All functions are asked at once. One that is not a
 * number is left alone.
 * @param low where each function is not below zero @param high where it is not above
 */
export function fallingRoots(
  at: (points: Float32Array) => FunctionsAt,
  low: ArrayLike<number>,
  high: ArrayLike<number>,
): Float32Array {
  const [lows, highs] = [Float64Array.from(low), Float64Array.from(high)];
  const points = Float32Array.from(high);
  const before = new Float64Array(points.length).fill(Infinity); // sizes of the values a round ago
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const { values, slopes } = at(points);
    let open = false;
    points.forEach((point, row) => {
      const value = values[row]!;
      const size = Math.abs(value);
      if (!(size > TOLERANCE)) return; // found, or not a number
      if (value > 0) lows[row] = point;
      else highs[row] = point;
      const [from, to] = [lows[row]!, highs[row]!];
      if (to - from <= 1e-7 * Math.abs(point)) return;
      const newton = point - value / slopes[row]!;
      const isFast = newton > from && newton < to && size <= before[row]! / 2;
      points[row] = isFast ? newton : (from + to) / 2;
      before[row] = isFast ? size : Infinity;
      open = true;
    });
    if (!open) break;
  }
  return points;
}

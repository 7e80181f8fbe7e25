/** Largest-Triangle-Three-Buckets (Steinarsson 2013): `size` of the points, chosen so that the line keeps its shape. The first and the last stay. */
export function lttb<P extends { step: number; value: number }>(points: readonly P[], size: number): P[] {
  if (size >= points.length || size < 3) return [...points];
  const chosen: P[] = [points[0]!];
  const every = (points.length - 2) / (size - 2);
  for (let bucket = 0; bucket < size - 2; bucket++) {
    const start = Math.floor(bucket * every) + 1;
    const end = Math.floor((bucket + 1) * every) + 1;
    const next = points.slice(end, Math.min(Math.floor((bucket + 2) * every) + 1, points.length));
    const centre = {
      step: next.reduce((sum, { step }) => sum + step, 0) / next.length,
      value: next.reduce((sum, { value }) => sum + value, 0) / next.length,
    };
    const before = chosen.at(-1)!;
    let best = points[start]!;
    let largest = -1;
    for (const point of points.slice(start, end)) {
      const area = Math.abs(
        (before.step - centre.step) * (point.value - before.value) -
          (before.step - point.step) * (centre.value - before.value),
      );
      if (area > largest) [best, largest] = [point, area];
    }
    chosen.push(best);
  }
  return [...chosen, points.at(-1)!];
}

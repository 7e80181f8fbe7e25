/** Rewards of a point, one entry per objective; larger is better. */
export type Rewards = readonly number[];

/** At least as good in every objective, better in one. */
export function dominates(one: Rewards, other: Rewards): boolean {
  return one.every((value, axis) => value >= other[axis]!) && one.some((value, axis) => value > other[axis]!);
}

/** none: on the front; projection: dominated only as far as these axes show; all: dominated in all objectives. */
export type Dominance = "none" | "projection" | "all";

/** How points of one front stand to each other when only some axes are seen. */
export function dominanceIn(points: readonly Rewards[], axes: readonly number[]): Dominance[] {
  const seen = points.map((point) => axes.map((axis) => point[axis]!));
  return points.map((point, index) => {
    if (points.some((other) => dominates(other, point))) return "all";
    return seen.some((other) => dominates(other, seen[index]!)) ? "projection" : "none";
  });
}

/** The upper right border of what two-dimensional points dominate: corner by corner from the left, each point once. */
export function frontier(points: readonly (readonly [number, number])[]): [number, number][] {
  const kept = points.filter((point) => !points.some((other) => dominates(other, point)));
  const distinct = new Map(kept.map(([x, y]) => [`${x} ${y}`, [x, y] as [number, number]]));
  return [...distinct.values()].sort((one, other) => one[0] - other[0]);
}

/** The region between a frontier and the reference point, as a polygon; empty where nothing lies above the reference. */
export function dominatedRegion(
  points: readonly (readonly [number, number])[],
  [left, bottom]: readonly [number, number],
): [number, number][] {
  const corners = frontier(points.filter(([x, y]) => x > left && y > bottom));
  if (corners.length === 0) return [];
  const steps = corners.flatMap(([x, y], index): [number, number][] => [
    [index === 0 ? left : corners[index - 1]![0], y],
    [x, y],
  ]);
  return [[left, bottom], ...steps, [corners.at(-1)![0], bottom]];
}

/** Exact volume that points dominate above a reference, by slicing along the last axis: for the few points of a front. */
export function hypervolume(points: readonly Rewards[], reference: Rewards): number {
  const above = points.filter((point) => point.every((value, axis) => value > reference[axis]!));
  const last = reference.length - 1;
  if (above.length === 0) return 0;
  if (last === 0) return Math.max(...above.map(([value]) => value!)) - reference[0]!;
  const sorted = above.toSorted((one, other) => other[last]! - one[last]!);
  let volume = 0;
  for (const [index, point] of sorted.entries()) {
    const thickness = point[last]! - (sorted[index + 1]?.[last] ?? reference[last]!);
    if (thickness <= 0) continue;
    const slice = sorted.slice(0, index + 1).map((one) => one.slice(0, last));
    volume += thickness * hypervolume(slice, reference.slice(0, last));
  }
  return volume;
}

/** Mean over points of preference times reward. */
export function meanInnerProduct(points: readonly { preference: Rewards; mean: Rewards }[]): number {
  const products = points.map(({ preference, mean }) =>
    preference.reduce((sum, entry, axis) => sum + entry * mean[axis]!, 0),
  );
  return products.reduce((sum, product) => sum + product, 0) / products.length;
}

/** Share of the range from nadir to ideal that undominated points span, averaged over the objectives. */
export function spreadOf(normalised: readonly Rewards[]): number {
  const kept = normalised.filter((point) => !normalised.some((other) => dominates(other, point)));
  const objectives = normalised[0]?.length ?? 0;
  const ranges = Array.from({ length: objectives }, (_, axis) => {
    const values = kept.map((point) => point[axis]!);
    return Math.max(...values) - Math.min(...values);
  });
  return ranges.reduce((sum, range) => sum + range, 0) / objectives;
}

/** A preference of three entries in a triangle with corners (0, 0), (1, 0), (1/2, sqrt(3)/2) for the first, second, third. */
export function ternary([first, second, third]: readonly [number, number, number]): [number, number] {
  const sum = first + second + third;
  return [(second + third / 2) / sum, ((third / sum) * Math.sqrt(3)) / 2];
}

/** The preference at a place in the triangle; one outside is taken to its nearest border by cutting off what is negative. */
export function fromTernary([x, y]: readonly [number, number]): [number, number, number] {
  const third = (2 * y) / Math.sqrt(3);
  const second = x - third / 2;
  const cut = [1 - second - third, second, third].map((entry) => Math.max(0, entry)) as [number, number, number];
  const sum = cut.reduce((total, entry) => total + entry, 0) || 1;
  return cut.map((entry) => entry / sum) as [number, number, number];
}

/** Pairs of objectives: [0, 1], [0, 2], [1, 2], ... */
export function pairsOf(objectives: number): [number, number][] {
  return Array.from({ length: objectives }, (_, first) =>
    Array.from({ length: objectives - first - 1 }, (__, rest): [number, number] => [first, first + rest + 1]),
  ).flat();
}

import { checkPoints, type Point } from "./points.ts";

/**
 * For each point, whether no other is at least as good in every objective and better in one. Larger is better.
 * Equal points do not dominate each other: all copies of an undominated point are kept.
 * @throws UniArmError points-length, points-not-finite
 */
export function nonDominated(points: readonly Point[]): boolean[] {
  checkPoints(points, points[0]?.length ?? 0, "Point");
  return points.map((point) => !points.some((other) => dominates(other, point)));
}

/** The undominated points, each once, in the order given. */
export function paretoFront<P extends Point>(points: readonly P[]): P[] {
  const kept = nonDominated(points);
  const seen = new Set<string>();
  return points.filter((point, index) => {
    const key = point.map((value) => value + 0).join(" "); // + 0 makes -0 and 0 the same key
    if (!kept[index] || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Whether `one` is at least as good as `other` in every objective and better in one. */
export function dominates(one: Point, other: Point): boolean {
  let better = false;
  for (let axis = 0; axis < one.length; axis++) {
    if (one[axis]! < other[axis]!) return false;
    if (one[axis]! > other[axis]!) better = true;
  }
  return better;
}

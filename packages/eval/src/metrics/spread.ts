import { paretoFront } from "../dominance.ts";
import type { Point } from "../points.ts";

/**
 * How sparse a front is: the squared gaps between neighbouring values of the front's points (undominated, each once), summed
 * over all objectives and divided by (n - 1). Smaller is denser. Null with fewer than two points.
 */
export function sparsity(points: readonly Point[]): number | null {
  const front = paretoFront(points);
  if (front.length < 2) return null;
  let sum = 0;
  for (let axis = 0; axis < front[0]!.length; axis++) {
    const values = front.map((point) => point[axis]!).sort((one, other) => one - other);
    for (let index = 1; index < values.length; index++) sum += (values[index]! - values[index - 1]!) ** 2;
  }
  return sum / (front.length - 1);
}

export interface SpacingOptions {
  /** Distance between points: l1 (Schott's definition) or l2. */
  distance?: "l1" | "l2";
  /** Divide by n, or by n - 1. */
  deviation?: "population" | "sample";
}

/**
 * How uneven a front is: standard deviation of each front point's distance to its nearest neighbour; 0 is even.
 * Null with fewer than two points (sample: three).
 */
export function spacing(points: readonly Point[], options: SpacingOptions = {}): number | null {
  const { distance = "l1", deviation = "population" } = options;
  const front = paretoFront(points);
  if (front.length < (deviation === "sample" ? 3 : 2)) return null;
  const between = distance === "l1" ? distanceL1 : distanceL2;
  const nearest = front.map((point) =>
    Math.min(...front.filter((other) => other !== point).map((other) => between(point, other))),
  );
  const mean = nearest.reduce((sum, gap) => sum + gap, 0) / nearest.length;
  const divisor = deviation === "sample" ? nearest.length - 1 : nearest.length;
  return Math.sqrt(nearest.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / divisor);
}

function distanceL1(one: Point, other: Point): number {
  return one.reduce((sum, value, axis) => sum + Math.abs(value - other[axis]!), 0);
}

function distanceL2(one: Point, other: Point): number {
  return Math.sqrt(one.reduce((sum, value, axis) => sum + (value - other[axis]!) ** 2, 0));
}

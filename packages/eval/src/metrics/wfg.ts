import { paretoFront } from "../dominance.ts";
import type { Point } from "../points.ts";

/**
 * Volume of the union of boxes [n,K] from the origin, any K: each box adds its own volume less the part that the boxes after it
 * cover. While, Bradstreet, Barone: A Fast Way of Calculating Exact Hypervolumes (IEEE TEVC 16, 2012).
 */
export function wfg(boxes: readonly Point[]): number {
  // By falling first coordinate: the limited sets then lose the most points to dominance.
  const front = paretoFront(boxes).toSorted((one, other) => other[0]! - one[0]!);
  let sum = 0;
  for (const [index, box] of front.entries()) sum += volume(box) - wfg(limited(front, index));
  return sum;
}

/** The boxes after `index`, each cut down to its part inside box `index`. */
function limited(front: readonly Point[], index: number): Point[] {
  const box = front[index]!;
  return front.slice(index + 1).map((later) => later.map((side, axis) => Math.min(side, box[axis]!)));
}

function volume(box: Point): number {
  return box.reduce((product, side) => product * side, 1);
}

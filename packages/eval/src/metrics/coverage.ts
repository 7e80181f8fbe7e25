import type { Measure } from "@uniarm/core/schema";
import { paretoFront } from "../dominance.ts";
import { checkPoints, type Point } from "../points.ts";
import { measure } from "./measure.ts";

/**
 * C(first, second): share of the points of the second front that some point of the first equals or beats on every objective, from
 * 0 to 1; fronts are the undominated points, each once. Larger is better for the first; C of the reverse need not be the rest.
 * C-metric of Zitzler and Thiele (IEEE TEVC 3, 1999).
 * @throws UniArmError points-length, points-not-finite
 */
export function coverage(first: readonly Point[], second: readonly Point[]): Measure {
  checkPoints([...first, ...second], first[0]?.length ?? second[0]?.length ?? 0, "Point");
  const [covering, covered] = [paretoFront(first), paretoFront(second)];
  const count = covered.filter((point) => covering.some((other) => point.every((value, k) => other[k]! >= value)));
  return measure(covered.length === 0 ? null : count.length / covered.length, "The front to be covered has no points.");
}

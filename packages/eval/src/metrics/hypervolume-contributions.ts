import type { Point } from "../points.ts";
import { hypervolume } from "./hypervolume.ts";

/**
 * HV(all) - HV(all but the point) for each point, in the units of hypervolume, from 0 to the hypervolume; larger is better.
 * Dominated points, copies of each other and points that are not above the reference contribute 0.
 * @throws UniArmError as `hypervolume` does
 */
export function hypervolumeContributions(points: readonly Point[], reference: Point): number[] {
  const whole = hypervolume(points, reference);
  return points.map((_, left) =>
    Math.max(
      0,
      whole -
        hypervolume(
          points.filter((_point, index) => index !== left),
          reference,
        ),
    ),
  ); // rounding may go below 0
}

import { UniArmError } from "@uniarm/core/schema";

/** One value per objective, in the order of the objectives. */
export type Point = readonly number[];

/**
 * Refuses points that no measure is defined on.
 * @throws UniArmError points-length, points-not-finite
 */
export function checkPoints(points: readonly Point[], objectiveCount: number, what: string): void {
  for (const [index, point] of points.entries()) {
    if (point.length !== objectiveCount) {
      throw new UniArmError(
        "points-length",
        `${what} ${index} is [${point.join(", ")}], ${point.length} values; expected ${objectiveCount}, one per objective.`,
      );
    }
    const odd = point.find((value) => !Number.isFinite(value));
    if (odd !== undefined) {
      throw new UniArmError(
        "points-not-finite",
        `${what} ${index} is [${point.join(", ")}]; ${odd} is not a finite number. Look for the score that it came from.`,
      );
    }
  }
}

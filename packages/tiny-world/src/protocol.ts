import type { Normaliser } from "@uniarm/core/schema";
import { exactFront } from "./optimum.ts";
import type { TinyWorldObjectiveCount } from "./objectives.ts";

/** Hypervolume's reference on each axis, in normalised units: a little below the nadir, so that corner points count. */
const REFERENCE = -0.1;

/**
 * How tiny-world is measured, derived from its exact front: ideal is the best value per objective, nadir the worst value among
 * the single-objective optima.
 */
export function tinyWorldProtocol(objectives: TinyWorldObjectiveCount): {
  normaliser: Normaliser;
  referencePoint: number[];
} {
  const axes = Array.from({ length: objectives }, (_, axis) => axis);
  const corners = exactFront(axes.map((corner) => axes.map((axis) => (axis === corner ? 1 : 0)))).map(
    ({ rewards }) => rewards,
  );
  const rounded = (value: number): number => Number(value.toFixed(10)); // sums of decimals have rounding errors
  return {
    normaliser: {
      nadir: axes.map((axis) => rounded(Math.min(...corners.map((rewards) => rewards[axis]!)))),
      ideal: axes.map((axis) => rounded(Math.max(...corners.map((rewards) => rewards[axis]!)))),
    },
    referencePoint: axes.map(() => REFERENCE),
  };
}

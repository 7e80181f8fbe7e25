import { UniArmError, type Normaliser } from "@uniarm/core/schema";
import { percentile } from "./statistics/percentile.ts";
import { checkPoints, type Point } from "./points.ts";

/**
 * y_norm = (y - nadir) / (ideal - nadir) per objective. Not clipped by default: a point below the nadir stays below 0, so that
 * the reference point alone decides what counts.
 * @throws UniArmError points-length, points-not-finite
 */
export function normalise(point: Point, { nadir, ideal }: Normaliser, options: { clip?: boolean } = {}): number[] {
  checkPoints([point], nadir.length, "Point");
  return point.map((value, axis) => {
    const share = (value - nadir[axis]!) / (ideal[axis]! - nadir[axis]!);
    return options.clip ? Math.min(1, Math.max(0, share)) : share;
  });
}

/**
 * A normaliser for rewards without known bounds: nadir and ideal are the `low` and `high` percentiles (1st and 99th) of sample
 * rewards [n,K], such as those of reference responses to validation prompts. Fix it before any method is measured; values
 * normalised with it are usually clipped: `normalise(point, normaliser, { clip: true })`.
 * @throws UniArmError normaliser-empty, normaliser-flat (an objective's percentiles are equal), points-length, points-not-finite
 */
export function percentileNormaliser(samples: readonly Point[], { low = 0.01, high = 0.99 } = {}): Normaliser {
  const first = samples[0];
  if (!first) throw new UniArmError("normaliser-empty", "No sample rewards to take percentiles of; give at least two.");
  checkPoints(samples, first.length, "Sample");
  const columns = first.map((_, axis) => Float64Array.from(samples, (sample) => sample[axis]!).sort());
  const nadir = columns.map((column) => percentile(column, low));
  const ideal = columns.map((column) => percentile(column, high));
  const flat = nadir.findIndex((value, axis) => !(value < ideal[axis]!));
  if (flat >= 0) {
    throw new UniArmError(
      "normaliser-flat",
      `Objective number ${flat + 1} has the same ${low} and ${high} percentile, ${nadir[flat]}, over ${samples.length} samples; ` +
        "a normaliser needs samples that differ. Give more varied responses.",
    );
  }
  return { nadir, ideal };
}

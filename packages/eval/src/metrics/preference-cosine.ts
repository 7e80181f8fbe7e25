import type { Measure } from "@uniarm/core/schema";
import { checkPoints, type Point } from "../points.ts";
import { innerProduct } from "./mean-inner-product.ts";
import { measure } from "./measure.ts";

/**
 * a . z / (|a| |z|) of a preference and the normalised mean rewards that it obtained, from -1 to 1; larger is better. None where
 * either is all 0. It depends on the normaliser: z is measured from the nadir.
 * @throws UniArmError points-length, points-not-finite
 */
export function preferenceCosine(preference: Point, normalised: Point): Measure {
  checkPoints([preference, normalised], preference.length, "Vector");
  const length = Math.hypot(...preference) * Math.hypot(...normalised);
  if (length === 0)
    return {
      value: null,
      reason: `[${preference.join(", ")}] and [${normalised.join(", ")}] have no angle: one is 0.`,
    };
  return measure(Math.max(-1, Math.min(1, innerProduct(preference, normalised) / length)), "");
}

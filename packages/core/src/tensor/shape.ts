import { UniArmError } from "../schema/error.ts";
import type * as tf from "./tf.ts";

/**
 * Checks a tensor's shape where it enters a package; null entries may be anything.
 * @throws UniArmError shape-mismatch
 */
export function checkShape(tensor: tf.Tensor, expected: readonly (number | null)[], what: string): void {
  const fits =
    tensor.shape.length === expected.length &&
    expected.every((size, axis) => size === null || size === tensor.shape[axis]);
  if (fits) return;
  const wanted = expected.map((size) => size ?? "any").join(", ");
  throw new UniArmError("shape-mismatch", `${what} has shape [${tensor.shape.join(", ")}]; expected [${wanted}].`);
}

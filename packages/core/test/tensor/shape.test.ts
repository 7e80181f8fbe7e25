import { expect, test } from "vitest";
import { UniArmError } from "../../src/schema/error.ts";
import { checkShape } from "../../src/tensor/shape.ts";
import type * as tf from "../../src/tensor/tf.ts";

const tensor = (...shape: number[]): tf.Tensor => ({ shape }) as tf.Tensor;

test("a shape that fits passes, null entries take any size", () => {
  expect(() => {
    checkShape(tensor(4, 2, 8), [null, 2, 8], "x");
  }).not.toThrow();
});

test.each([
  [tensor(4, 3), [4, 2], "preference has shape [4, 3]; expected [4, 2]."],
  [tensor(4), [null, 2], "preference has shape [4]; expected [any, 2]."],
])("a shape that does not fit is named with what was expected", (actual, expected, message) => {
  expect(() => {
    checkShape(actual, expected, "preference");
  }).toThrow(new UniArmError("shape-mismatch", message));
});

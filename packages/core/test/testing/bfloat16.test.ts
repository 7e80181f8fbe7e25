import { expect, test } from "vitest";
import { widenBfloat16 } from "../../src/files/half-precision.ts";
import { createRandom } from "../../src/tensor/random.ts";
import { bfloat16Rounded } from "../../src/testing/bfloat16.ts";

/** A step between neighbouring bfloat16 values in [1, 2): 7 bits of fraction. */
const STEP = 2 ** -7;

test("every bfloat16 value stays what it is, to the bit", () => {
  const all = widenBfloat16(Uint16Array.from({ length: 65536 }, (_, bits) => bits));
  const numbers = all.filter((value) => !Number.isNaN(value));
  expect(numbers).toHaveLength(65536 - 2 * 127); // NaN: the largest exponent, either sign, any fraction but 0
  expect(Buffer.from(bfloat16Rounded(numbers).buffer).equals(Buffer.from(numbers.buffer))).toBe(true);
});

test("a value goes to the nearer neighbour, one in the middle to the even neighbour", () => {
  const [less, half, more] = [0.49 * STEP, 0.5 * STEP, 0.51 * STEP];
  expect([...bfloat16Rounded([1 + less, 1 + half, 1 + more])]).toEqual([1, 1, 1 + STEP]);
  expect([...bfloat16Rounded([1 + STEP + less, 1 + STEP + half])]).toEqual([1 + STEP, 1 + 2 * STEP]);
  expect([...bfloat16Rounded([-1 - half, -1 - STEP - half])]).toEqual([-1, -1 - 2 * STEP]);
});

test("rounding carries into the exponent and past the largest number to infinity", () => {
  expect([...bfloat16Rounded([2 - 0.25 * STEP, 3.4e38, -3.4e38])]).toEqual([2, Infinity, -Infinity]);
});

test("zeros keep their sign, infinities and NaN stay, and the input is not changed", () => {
  const values = Float32Array.of(0, -0, Infinity, -Infinity, NaN, 1 / 3);
  const before = [...values];
  expect([...bfloat16Rounded(values)]).toEqual([0, -0, Infinity, -Infinity, NaN, 0.333984375]);
  expect([...values]).toEqual(before);
});

test("the error is at most half a step, 2^-8 of the value", () => {
  const random = createRandom(5);
  const values = Float32Array.from({ length: 1000 }, () => random.normal() * 10 ** (random.uniform() * 20 - 10));
  bfloat16Rounded(values).forEach((rounded, index) => {
    const value = values[index]!;
    expect(Math.abs(rounded - value)).toBeLessThanOrEqual(2 ** -8 * Math.abs(value));
  });
});

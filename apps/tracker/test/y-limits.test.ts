import { expect, test } from "vitest";
import { limitsOf, readLimits, withLimits } from "../src/charts/y-limits.ts";

test("limits of charts stand in an address by the names of metrics, whatever these hold", () => {
  const odd = 'acc@1,5 "x"';
  const one = withLimits(undefined, odd, { min: 0, max: null });
  const two = withLimits(one, "loss", { min: null, max: 1e-3 });
  expect(limitsOf(two)).toEqual(
    new Map([
      [odd, { min: 0, max: null }],
      ["loss", { min: null, max: 0.001 }],
    ]),
  );
  expect(withLimits(two, odd, null)).toBe("..0.001 loss");
  expect(withLimits("..0.001 loss", "loss", null)).toBeUndefined();
});

test.each(['"', "loss", "1..2", ".. loss", "a..b loss", ""])("an address with %j has no limits", (text) => {
  expect(limitsOf(text).size).toBe(0);
});

test.each([
  ["0.5", "1e2", { limits: { min: 0.5, max: 100 } }],
  [" ", "-3", { limits: { min: null, max: -3 } }],
  ["", "", { limits: null }],
  ["0", "", { limits: { min: 0, max: null } }],
  ["a", "", { problem: "Write numbers, such as 0.5 or 1e-3." }],
  ["Infinity", "", { problem: "Write numbers, such as 0.5 or 1e-3." }],
  ["2", "2", { problem: "The first has to be below the second." }],
])("from %j to %j is read", (min, max, read) => {
  expect(readLimits(min, max)).toEqual(read);
});

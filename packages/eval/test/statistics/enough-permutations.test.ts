import { expect, test } from "vitest";
import { enoughPermutations, holm } from "../../src/index.ts";

test.each([2, 3, 8, 16, 40])(
  "between %i methods the smallest p that can come out survives Holm's correction",
  (methods) => {
    const draws = enoughPermutations({ permutations: 2000 }, methods);
    const tests = methods * (methods - 1); // both figures of each pair
    const smallest = 1 / (1 + draws);
    const adjusted = holm([smallest, ...Array.from({ length: tests - 1 }, () => 1)]);
    expect(adjusted[0]).toBeLessThan(0.05);
  },
);

test("few methods have as many permutations as were asked for, and none stay none", () => {
  expect(enoughPermutations({ permutations: 2000 }, 3)).toBe(2000);
  expect(enoughPermutations({ permutations: 0 }, 16)).toBe(0);
});

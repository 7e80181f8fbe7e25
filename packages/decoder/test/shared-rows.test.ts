import { expect, test } from "vitest";
import { regroup } from "../src/shared-rows.ts";

test("rows that shared one and have equal keys go on sharing one", () => {
  expect(regroup([0, 0, 0, 1, 1], [7, 8, 7, 7, 7])).toEqual({
    from: [0, 0, 1],
    readers: [0, 1, 3],
    places: [0, 1, 0, 2, 2],
  });
});

test("rows that shared none do not come to share one, whatever they chose", () => {
  const places = [0, 1, 2, 3];
  expect(regroup(places, [5, 5, 5, 5])).toEqual({ from: places, readers: places, places });
});

test("what no row reads any more is left out", () => {
  expect(regroup([3, 1, 3])).toEqual({ from: [3, 1], readers: [0, 1], places: [0, 1, 0] });
});

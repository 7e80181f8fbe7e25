import { expect, test } from "vitest";
import { movedTo, readWidths, widthItems } from "../src/pages/run-list/column-widths.ts";

test("widths come back from an address as they were, whatever the columns are called; what is no width is left out", () => {
  const widths = new Map([
    ["state", 180],
    ['metric."a:b,c"', 75],
  ]);
  expect(readWidths(widthItems(widths))).toEqual(widths);
  expect(readWidths(["state", "kind:wide", ":80", "tags:-5", "by:5", "id:99999"])).toEqual(
    new Map([
      ["by", 60],
      ["id", 1200],
    ]),
  );
});

test("a column that is moved takes the place of the other, to the right and to the left", () => {
  expect(movedTo(["a", "b", "c"], "a", 2)).toEqual(["b", "c", "a"]);
  expect(movedTo(["a", "b", "c"], "c", 0)).toEqual(["c", "a", "b"]);
  expect(movedTo(["a", "b", "c"], "b", 1)).toEqual(["a", "b", "c"]);
});

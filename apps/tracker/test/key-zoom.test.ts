import { describe, expect, test } from "vitest";
import { zoomed, zoomOfKey } from "../src/charts/key-zoom.ts";

const whole = { from: 0, to: 100 };
const plain = { ctrlKey: false, metaKey: false, altKey: false };

describe("zooming a chart by keys", () => {
  test.each([
    ["in", { from: 0, to: 100 }, { from: 25, to: 75 }],
    ["in", { from: 10, to: 11 }, { from: 10, to: 11 }], // no less than a step
    ["out", { from: 25, to: 75 }, null],
    ["out", { from: 0, to: 20 }, { from: 0, to: 40 }],
    ["out", { from: 90, to: 100 }, { from: 80, to: 100 }],
    ["back", { from: 40, to: 60 }, { from: 35, to: 55 }],
    ["back", { from: 2, to: 22 }, { from: 0, to: 20 }],
    ["forward", { from: 78, to: 98 }, { from: 80, to: 100 }],
    ["forward", { from: 0, to: 100 }, null],
    ["all", { from: 3, to: 5 }, null],
  ] as const)("%s from %o shows %o, within the run", (zoom, steps, expected) => {
    expect(zoomed(zoom, steps, whole)).toEqual(expected);
  });

  test("keys of the browser stay the browser's", () => {
    expect(zoomOfKey({ ...plain, key: "+" })).toBe("in");
    expect(zoomOfKey({ ...plain, key: "+", ctrlKey: true })).toBeNull();
    expect(zoomOfKey({ ...plain, key: "ArrowLeft", altKey: true })).toBeNull();
    expect(zoomOfKey({ ...plain, key: "Tab" })).toBeNull();
    expect(zoomOfKey({ ...plain, key: "toString" })).toBeNull();
  });
});

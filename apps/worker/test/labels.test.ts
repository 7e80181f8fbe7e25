import { expect, test } from "vitest";
import { openLabels, readLabels } from "../src/labels.ts";

test("labels are read with their limits", () => {
  expect(readLabels("")).toEqual({ labels: [], limits: {} });
  expect(readLabels("gpu=2,cpu,a.b-c_1")).toEqual({ labels: ["gpu", "cpu", "a.b-c_1"], limits: { gpu: 2 } });
});

test.each(["GPU", "gpu=0", "gpu=", "gpu=two", "gpu=1.5", "a b", "-x", "x".repeat(41)])("%s is no label", (text) => {
  expect(() => readLabels(text)).toThrow(/is no label: write gpu, or gpu=2/);
});

test("a label is offered until as many runs use it as its limit says", () => {
  const labels = readLabels("gpu=2,cpu");
  const running = (...each: string[][]): { labels: string[] }[] => each.map((one) => ({ labels: one }));
  expect(openLabels(labels, [])).toEqual(["gpu", "cpu"]);
  expect(openLabels(labels, running(["gpu"], ["cpu"], ["cpu"], ["cpu"]))).toEqual(["gpu", "cpu"]);
  expect(openLabels(labels, running(["gpu"], ["gpu", "cpu"]))).toEqual(["cpu"]);
});

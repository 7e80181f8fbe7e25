import { expect, test } from "vitest";
import { cases } from "./cases/index.ts";
import { operationsIn, operationsInUse } from "./inventory.ts";

test("every operation that the sources use has a case", async () => {
  const covered = new Set(cases.flatMap(({ operations }) => operations));
  const missing = [...(await operationsInUse())]
    .filter(([name]) => !covered.has(name))
    .map(([name, path]) => `${name}, in ${path}: add a case to packages/core/test/conformance/cases`);
  expect(missing).toEqual([]);
});

test("the walk finds the operations of all packages", async () => {
  const used = await operationsInUse();
  expect(used.size).toBeGreaterThan(40);
  expect([...used.keys()]).toEqual(expect.arrayContaining(["matMul", "rsqrt", "topk", "minimum", "squeeze"]));
});

test("calls, references, line breaks, kernels and chained methods are found; comments and bookkeeping are not", () => {
  expect(operationsIn("tf.tidy(() => xs.map(tf.exp)); const t: tf.Tensor = tf\n  .matMul<tf.Rank.R2>(a, b);")).toEqual([
    "exp",
    "matMul",
  ]);
  expect(operationsIn('tf.engine().runKernel("Einsum", {})')).toEqual(["Einsum"]);
  expect(operationsIn("import { tf } from x; y.cumsum(1).concat(z); Math.abs(1);")).toEqual(["cumsum"]);
  expect(operationsIn("/* tf.log1p is log(1 + x) */ // tf.log1p\nconst at = './tf.ts';")).toEqual([]);
});

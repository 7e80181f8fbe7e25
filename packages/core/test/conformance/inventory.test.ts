import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { OPERATIONS } from "./operations.ts";

/** What is called of tf and does no arithmetic: it makes, keeps, frees, or manages. */
const NO_ARITHMETIC = new Set([
  ...["tensor", "tensor1d", "tensor2d", "tensor3d", "tensor4d", "scalar", "variable", "fill"],
  ...["tidy", "scoped", "keep", "dispose", "memory", "grad", "grads", "variableGrads", "customGrad"],
  ...[
    "engine",
    "env",
    "backend",
    "ready",
    "setBackend",
    "getBackend",
    "getKernel",
    "registerKernel",
    "unregisterKernel",
  ],
]);

test("every operation that the packages call has a case in operations.ts", () => {
  const packages = join(import.meta.dirname, "..", "..", "..");
  const sources = globSync("*/src/**/*.ts", { cwd: packages }).map((path) =>
    readFileSync(join(packages, path), "utf8"),
  );
  const called = sources.flatMap((text) =>
    [...text.matchAll(/\btf\.([a-z]\w*)(?:<[^()]*>)?\(/g)].map(([, name]) => name!),
  );
  const covered = new Set(OPERATIONS.flatMap(({ covers }) => covers));
  const missing = [...new Set(called)].filter((name) => !NO_ARITHMETIC.has(name) && !covered.has(name));
  expect(missing, "add a case for each to packages/core/test/conformance/operations.ts").toEqual([]);
  expect(called.length).toBeGreaterThan(100); // the pattern still finds them
});

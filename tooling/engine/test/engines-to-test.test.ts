import { expect, test } from "vitest";
import { enginesToTest } from "../src/engines-to-test.ts";

const built = { available: true };
const missing = { available: false, reason: "the tensorflow engine is not built (pnpm engine:install)" };

test("tests run on every engine that is there, the fast one first", () => {
  expect(enginesToTest({}, built)).toEqual(["tensorflow", "wasm"]);
  expect(enginesToTest({}, missing)).toEqual(["wasm"]);
});

test("UNIARM_ENGINE leaves one", () => {
  expect(enginesToTest({ UNIARM_ENGINE: "wasm" }, built)).toEqual(["wasm"]);
  expect(enginesToTest({ UNIARM_ENGINE: "wasm", CI: "true" }, missing)).toEqual(["wasm"]);
  expect(() => enginesToTest({ UNIARM_ENGINE: "tensorflow" }, missing)).toThrow(
    "tensorflow is missing: the tensorflow engine is not built",
  );
});

test("UNIARM_REQUIRE_ENGINES makes a missing engine an error", () => {
  const environment = { UNIARM_REQUIRE_ENGINES: "tensorflow,wasm" };
  expect(enginesToTest(environment, built)).toEqual(["tensorflow", "wasm"]);
  expect(() => enginesToTest(environment, missing)).toThrow(
    "The tests must run on tensorflow and wasm, and tensorflow is missing: the tensorflow engine is not built (pnpm engine:install).",
  );
});

test("a machine without the engine runs on wasm, in CI too, unless told otherwise", () => {
  expect(enginesToTest({ CI: "true" }, missing)).toEqual(["wasm"]);
});

test("an engine that is required and left out at once is an error", () => {
  expect(() => enginesToTest({ UNIARM_ENGINE: "wasm", UNIARM_REQUIRE_ENGINES: "tensorflow" }, built)).toThrow(
    "UNIARM_ENGINE leaves it out",
  );
});

test("an unknown engine is refused by name", () => {
  expect(() => enginesToTest({ UNIARM_REQUIRE_ENGINES: "cuda" }, built)).toThrow(
    'UNIARM_REQUIRE_ENGINES names "cuda"; the engines are tensorflow and wasm.',
  );
});

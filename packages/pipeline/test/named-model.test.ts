import { expect, test } from "vitest";
import { resolveReferences, type Places } from "../src/resolve.ts";

const places: Places = { origin: "/studies", input: () => [], dataset: () => "", checkpoint: () => "" };

test("a pulled model keeps its name, while a folder is looked for beside the study", () => {
  const modelOf = (model: string): unknown =>
    (resolveReferences("train", { model }, places) as { model: unknown }).model;
  expect(modelOf("smollm2-135m")).toBe("smollm2-135m");
  expect(modelOf("models/base.gguf")).toBe("/studies/models/base.gguf");
});

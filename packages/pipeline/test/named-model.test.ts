import { expect, test } from "vitest";
import { readConfig } from "../src/schema/index.ts";
import { resolveReferences, type Places } from "../src/resolve.ts";

const places: Places = { origin: "/studies", input: () => [], dataset: () => "", checkpoint: () => "" };

test("a pulled model keeps its name, while a folder is looked for beside the study", () => {
  const modelOf = (model: string): unknown =>
    (resolveReferences("train", { model }, places) as { model: unknown }).model;
  expect(modelOf("smollm2-135m")).toBe("smollm2-135m");
  expect(modelOf("hub:ada/tiny@v1")).toBe("hub:ada/tiny@v1");
  expect(modelOf("models/base.gguf")).toBe("/studies/models/base.gguf");
});

test("a model of the hub is refused at launch where its name is none", () => {
  const train = { method: "uniarm", pairs: "p", objectives: [{ name: "helpful", description: "help" }] };
  expect(readConfig("train", { ...train, model: "hub:ada/tiny" }).problems).toEqual([]);
  expect(
    readConfig("train", { ...train, model: "hub:tiny" }).problems.map(({ at, message }) => `${at}: ${message}`),
  ).toEqual([
    'model: "hub:tiny" names no model of the hub: expected owner/name, owner/name@revision, or owner/name:FILE.gguf.',
  ]);
});

import { configSchema, LaunchKind, readConfig, type Problem } from "@uniarm/pipeline/schema";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { controlOf, startOf, type Control } from "../src/form/control.ts";
import { helpOf } from "../src/form/help.ts";
import type { JsonSchema } from "../src/form/json-schema.ts";
import { launchSchema } from "../src/form/launch-schema.ts";
import { labelOf, unitOf } from "../src/form/words.ts";

const schemaOf = (kind: LaunchKind): JsonSchema =>
  z.toJSONSchema(configSchema(kind), {
    io: "input",
    unrepresentable: "any",
  }) as JsonSchema;
/** A sweep has no form of its own: it begins in the form of what it runs. */
const KINDS = LaunchKind.options.filter((kind) => kind !== "sweep");
const problemsOf = (kind: LaunchKind, config: unknown): Problem[] => readConfig(kind, config).problems;

interface Shown {
  path: string;
  name: string;
  schema: JsonSchema;
  control: Control;
}

/** Every setting that the form of a schema shows, inside of groups, lists, records and variants too. */
function shownOf(schema: JsonSchema, path = ""): Shown[] {
  const control = controlOf(schema);
  switch (control.type) {
    case "group":
      return control.fields
        .filter((field) => field.schema.const === undefined)
        .flatMap(({ name, schema: inner }) => {
          const at = `${path}.${name}`;
          return [{ path: at, name, schema: inner, control: controlOf(inner) }, ...shownOf(inner, at)];
        });
    case "list":
    case "record":
      return shownOf(control.item, `${path}[]`);
    case "variants":
      return control.variants.flatMap((variant) => shownOf(variant.schema, path));
    default:
      return [];
  }
}

/** Paths of all settings, read from the JSON schema alone. */
function pathsOf(schema: JsonSchema, path = ""): string[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, inner]) =>
    inner.const === undefined ? [`${path}.${name}`, ...pathsOf(inner, `${path}.${name}`)] : [],
  );
  const branches = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  const items = typeof schema.items === "object" ? pathsOf(schema.items, `${path}[]`) : [];
  const named =
    typeof schema.additionalProperties === "object" ? pathsOf(schema.additionalProperties, `${path}[]`) : [];
  return [...own, ...items, ...named, ...branches.flatMap((branch) => pathsOf(branch, path))];
}

describe.each(KINDS)("the form of %s", (kind) => {
  const schema = launchSchema(kind, schemaOf(kind), { train: schemaOf("train"), decode: schemaOf("decode") });
  const shown = shownOf(schema);

  test("shows every setting of its config", () => {
    expect(new Set(shown.map(({ path }) => path))).toEqual(new Set(pathsOf(schema)));
    expect(shown.length).toBeGreaterThan(0);
  });

  test("has a label, help and a control of its own for each", () => {
    const without = shown.filter(
      ({ name, schema: inner, control }) => labelOf(name) === "" || helpOf(inner) === "" || control.type === "json",
    );
    expect(without.map(({ path }) => path)).toEqual([]);
  });

  test("begins each value with one that its schema can read", () => {
    for (const { schema: inner, control } of shown)
      if (control.type !== "text" && control.type !== "variants")
        expect(startOf(inner), JSON.stringify(inner)).toBeDefined();
  });
});

describe("a config", () => {
  const study = (method: object): unknown => ({ methods: [{ name: "one", ...method }] });

  test("is judged by the schemas of the server, with the path of each problem", () => {
    expect(problemsOf("sleep", {})).toEqual([]);
    expect(problemsOf("sleep", { steps: 0, wait: 1 }).map(({ at }) => at)).toEqual(["steps", "wait"]);
    expect(problemsOf("train", {}).map(({ at }) => at)).toEqual(["model", "pairs", "objectives"]);
  });

  test("of a study is judged with the training of its methods", () => {
    expect(problemsOf("study", study({ training: { method: "parm", steps: 3 } }))).toEqual([]);
    expect(problemsOf("study", study({ training: { adapter: { kind: "lora" } } }))).toMatchObject([
      { at: "methods[0].training.adapter", message: "method uniarm trains a moslora adapter, not lora" },
    ]);
  });
});

test.each([
  ["maxNewTokens", "Max new tokens", null],
  ["stepMs", "Step", "ms"],
  ["checkpointEvery", "Checkpoint every", "steps"],
  ["seed", "Seed", null],
])("the setting %s is called %s, its unit is %s", (name, label, unit) => {
  expect(labelOf(name)).toBe(label);
  expect(unitOf(name)).toBe(unit);
});

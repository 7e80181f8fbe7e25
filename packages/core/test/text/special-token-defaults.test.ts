import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { specialTokenDefaults, tokenizerClass } from "../../src/text/special-token-defaults.ts";

const { types, classes } = JSON.parse(
  readFileSync(join(import.meta.dirname, "../golden/defaults/special-tokens.json"), "utf8"),
) as { types: Record<string, string>; classes: Record<string, Record<string, string>> };

test.each(Object.entries(classes))("%s has the special tokens that transformers gives it", (name, tokens) => {
  expect(specialTokenDefaults(tokenizerClass(name, null))).toEqual(tokens);
});

test.each(Object.entries(types))("a folder of a %s model that names no class gets those of %s", (type, name) => {
  expect(specialTokenDefaults(tokenizerClass(null, type))).toEqual(classes[name]);
});

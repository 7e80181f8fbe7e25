import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { format, resolveConfig } from "prettier";
import { expect, test } from "vitest";
import { ENVIRONMENT } from "../src/environment.ts";
import { environmentExample, environmentMarkdown } from "../src/environment-pages.ts";

const root = resolve(import.meta.dirname, "../../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** The sources, without the table itself and what is made of it. */
const SOURCES = [
  "{packages,apps,tooling}/*/{src,test,tooling}/**/*.{ts,tsx,js,mjs,py}",
  "{packages,apps,tooling}/*/*.{ts,mjs,py}",
  ".ci/*",
  "*.{ts,js}",
  "package.json",
];
const TABLE = ["tooling/readme/src/environment.ts", "tooling/readme/test/environment.test.ts"];

test("docs/environment.md and .env.example are what `pnpm docs:environment` makes", async () => {
  const page = join(root, "docs/environment.md");
  const made = await format(environmentMarkdown(), { ...(await resolveConfig(page)), filepath: page });
  expect(read("docs/environment.md")).toBe(made);
  expect(read(".env.example")).toBe(environmentExample());
});

test("every variable of the sources is in the table, and every one of the table in the sources", () => {
  const files = globSync(SOURCES, { cwd: root, exclude: (path) => /node_modules|generated|golden|^dist$/.test(path) });
  const texts = files.filter((path) => !TABLE.includes(path)).map(read);
  const used = new Set(texts.flatMap((text) => text.match(/\bUNIARM_[A-Z0-9_]+\b/g) ?? []));
  const known = Object.keys(ENVIRONMENT);
  expect([...used].toSorted()).toEqual(known.filter((name) => name.startsWith("UNIARM_")).toSorted());
  const others = known.filter((name) => !name.startsWith("UNIARM_"));
  expect(others.filter((name) => !texts.some((text) => text.includes(name)))).toEqual([]);
});

test("a secret's value stands nowhere, and what has no default says so", () => {
  expect(environmentExample()).toContain("# UNIARM_KEY=keep it out of git\n");
  expect(environmentMarkdown()).toMatch(/`UNIARM_WORKER_FOLDER` .*none: it has to be set/);
  expect(environmentExample()).not.toMatch(/^[^#\n]/m);
});

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { replaceDemo } from "../src/replace-demo.ts";

const root = resolve(import.meta.dirname, "../../..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const scripts = (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> })
  .scripts;

describe("README.md", () => {
  test("names only scripts that exist", () => {
    const named = [...readme.matchAll(/\b(?:npm run|pnpm) ([a-z:-]+)/g)]
      .map(([, name]) => name!)
      .filter((name) => name !== "install");
    expect(named).toContain("demo");
    for (const name of named) expect(Object.keys(scripts)).toContain(name);
  });

  test("its tree names every package, app and tool, and none that is not there", () => {
    const folders = ["packages", "apps", "tooling"].flatMap((group) =>
      readdirSync(join(root, group)).map((name) => `${group}/${name}`),
    );
    const tree = [...readme.matchAll(/^ {2}((?:packages|apps|tooling)\/[\w-]+)/gm)].map(([, path]) => path!);
    expect(tree.toSorted()).toEqual(folders.toSorted());
    for (const path of tree) expect(existsSync(join(root, path))).toBe(true);
  });

  test("holds a demo with its figures", () => {
    expect(readme).toMatch(/exact optimum\s+0\.869\s+0\.735/);
  });
});

test("replacing the demo keeps everything around it and can be done again", () => {
  const marked = "a\n<!-- demo: made by `pnpm readme` -->\nold<!-- /demo -->\nb";
  const once = replaceDemo(marked, "new\n", "pnpm readme");
  expect(once).toContain("new");
  expect(once).not.toContain("old");
  expect(once.startsWith("a\n")).toBe(true);
  expect(once.endsWith("\nb")).toBe(true);
  expect(replaceDemo(once, "new\n", "pnpm readme")).toBe(once);
  expect(() => replaceDemo(marked, "new\n", "pnpm docs:real-model")).toThrow("lost its demo marks");
});

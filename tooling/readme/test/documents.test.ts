import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../../..");
const DOCUMENTS = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/**/*.md", "examples/README.md"];
const documents = globSync([...DOCUMENTS, "tooling/*/README.md"], { cwd: root });
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> };

/** A path from the root: up to where a name is left open (NAME, *), and without the full stop of its sentence. */
const PATH = /(?<![\w./-])(?:packages|apps|tooling|docs|examples|\.ci|\.github)\/[\w./-]*/g;
const known = (path: string): string => path.replace(/[\w-]*\bNAME\b.*$/, "").replace(/\.$/, "");
/** pnpm's own commands */
const OF_PNPM = ["install", "uniarm"];

describe.each(documents)("%s", (document) => {
  const text = readFileSync(join(root, document), "utf8");

  test("names only paths that exist", () => {
    const missing = [...text.matchAll(PATH)]
      .map(([path]) => known(path))
      .filter((path) => !existsSync(join(root, path)));
    expect(missing).toEqual([]);
  });

  test("links only to files that exist", () => {
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, link]) => link!);
    expect(links.filter((link) => !existsSync(join(root, dirname(document), link)))).toEqual([]);
  });

  test("names only scripts that exist", () => {
    const named = [...text.matchAll(/(?:^|`)(?:npm run|pnpm) ([a-z][a-z:-]*)/gm)].map(([, name]) => name!);
    expect(named.filter((name) => !OF_PNPM.includes(name) && !(name in scripts))).toEqual([]);
  });
});

test("the table of contents of the decisions is complete", () => {
  const index = readFileSync(join(root, "docs/decisions/README.md"), "utf8");
  const pages = globSync("docs/decisions/*.md", { cwd: root }).map((path) => path.split("/").at(-1)!);
  const listed = [...index.matchAll(/^- \[([\w-]+\.md)\]/gm)].map(([, page]) => page!);
  expect(listed.toSorted()).toEqual(pages.filter((page) => page !== "README.md").toSorted());
});

test("every tool has a README", () => {
  const folders = globSync("tooling/*", { cwd: root });
  expect(folders.filter((folder) => !existsSync(join(root, folder, "README.md")))).toEqual([]);
});

test("each term of the glossary is explained once", () => {
  const glossary = readFileSync(join(root, "docs/glossary.md"), "utf8");
  const terms = [...glossary.matchAll(/^- \*\*(.+?)\*\*/gm)].map(([, term]) => term!);
  expect(terms.length).toBeGreaterThan(60);
  expect(new Set(terms).size).toBe(terms.length);
});

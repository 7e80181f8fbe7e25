import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { COMMANDS } from "../../src/program.ts";

const root = join(import.meta.dirname, "../../../..");
const FILES = ["packages/*/src/**/*.ts", "apps/*/src/**/*.{ts,tsx}", "*/*/README.md", "README.md", "docs/*.md"];
/** uniarm followed by what is no command: "a worker of uniarm on tensorflow" */
const PROSE = new Set(["on", "migrations", "steers"]);

test("every command that a message or a page names exists", async () => {
  const context = { signal: new AbortController().signal, setExitCode: () => undefined };
  const children = new Map<string, string[]>();
  for (const [name, load] of Object.entries(COMMANDS))
    children.set(
      name,
      (await load())(context).commands.map((child) => child.name()),
    );
  const unknown: string[] = [];
  let count = 0;
  for (const file of globSync(FILES, { cwd: root, exclude: (path) => path.includes("node_modules") })) {
    for (const [, name, child] of readFileSync(join(root, file), "utf8").matchAll(
      /\buniarm ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?/g,
    )) {
      if (PROSE.has(name!)) continue;
      count += 1;
      const known = children.get(name!);
      if (!known || (known.length > 0 && child !== undefined && !known.includes(child)))
        unknown.push(`${file}: uniarm ${name} ${child ?? ""}`);
    }
  }
  expect(unknown).toEqual([]);
  expect(count).toBeGreaterThan(40);
});

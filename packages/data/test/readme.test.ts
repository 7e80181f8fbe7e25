import { execFileSync } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

test("the README's example runs and prints what it says", async () => {
  const readme = await readFile(join(import.meta.dirname, "../README.md"), "utf8");
  const file = join(import.meta.dirname, `readme-example-${process.pid}.tmp.mjs`);
  await writeFile(file, /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? "");
  try {
    const printed = execFileSync(process.execPath, [file], { encoding: "utf8" });
    expect(printed).toContain("2 pairs, conflict rate 0.5");
    expect(printed).toMatch(/a\? (train|test)/);
  } finally {
    await rm(file);
  }
});

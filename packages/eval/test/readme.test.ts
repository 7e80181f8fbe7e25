import { execFileSync } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

test("the README's example runs and prints the figures it names", async () => {
  const readme = await readFile(join(import.meta.dirname, "../README.md"), "utf8");
  const file = join(import.meta.dirname, "readme-example.tmp.mjs");
  await writeFile(file, /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? "");
  try {
    const printed = execFileSync(process.execPath, [file], { encoding: "utf8" });
    expect(printed).toContain("three points dominate 6");
    expect(printed).toContain("Mean inner product");
  } finally {
    await rm(file);
  }
});

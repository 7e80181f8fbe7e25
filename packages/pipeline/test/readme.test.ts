import { execFileSync } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

test("the README's example runs a study and prints its hypervolumes", async () => {
  const readme = await readFile(join(import.meta.dirname, "../README.md"), "utf8");
  const file = join(import.meta.dirname, `readme-example-${process.pid}.tmp.mjs`);
  await writeFile(file, /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? "");
  try {
    const printed = execFileSync(process.execPath, [file], { encoding: "utf8" });
    expect(printed).toMatch(/^pairs, base\/decode, .*, compare$/m);
    expect(printed).toMatch(/^base\/evaluate hypervolume \d\.\d{3}\nuniarm\/evaluate hypervolume \d\.\d{3}$/m);
  } finally {
    await rm(file);
  }
});

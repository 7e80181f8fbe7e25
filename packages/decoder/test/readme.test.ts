import { execFile } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("the README's example runs and prints a response for each prompt and preference", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const code = /```js\n([\s\S]*?)```/.exec(readme)?.[1];
  const path = fileURLToPath(new URL(`../readme-example-${process.pid}.mjs`, import.meta.url)); // here, so that its imports resolve
  await writeFile(path, code ?? "");
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [path]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(8);
    expect(lines[0]).toMatch(/^(lamp|kite) \[ 0, 1 \] \d+$/);
    expect(lines.slice(-2)).toEqual(["6 rows decoded, in .../generations.jsonl.", "6 lines written"]);
  } finally {
    await rm(path);
  }
});

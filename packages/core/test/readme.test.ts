import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runModule } from "./support/child.ts";

const packageFolder = join(import.meta.dirname, "..");

test("the README's example runs", async () => {
  const readme = await readFile(join(packageFolder, "README.md"), "utf8");
  const code = /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  const { code: exit, stdout, stderr } = await runModule(packageFolder, code);
  expect(exit, stderr).toBe(0);
  expect(stdout.trimEnd().split("\n")).toEqual([
    "true Q: How are you? A:",
    "3 sums of log-probabilities; 7 tokens each, end of sequence included",
    "rows 2 and 3 agree: true and differ from row 1: true",
  ]);
});

import { execFile } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("the README's example trains an ARM that orders pairs as the preference asks", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const code = /```js\n([\s\S]*?)```/.exec(readme)?.[1];
  const path = fileURLToPath(new URL(`../readme-example-${process.pid}.mjs`, import.meta.url)); // here, so that its imports resolve
  await writeFile(path, code ?? "");
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [path]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toBe(
      "8 pairs. In 100 % the objectives prefer different responses: only those teach a trade-off. Ties: helpful 0 %, harmless 0 %.",
    );
    expect(lines[1]).toMatch(
      /^Every \d+ steps, and after the last, a validation reads 8 held-out pairs at 5 preferences: about/,
    );
    expect(Number(/^pairs ordered as the preference asks: (\S+)$/.exec(lines[2]!)?.[1])).toBeGreaterThan(0.9);
    expect(lines.slice(3)).toEqual([
      "Trained for 40 steps; the checkpoint is in .../run.",
      "moslora after 40 steps for helpful and harmless",
    ]);
  } finally {
    await rm(path);
  }
});

import { execFileSync } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EVALUATION_METRICS } from "@uniarm/core/schema";
import { expect, test } from "vitest";

test("the README's example runs and prints the figures it names", async () => {
  const readme = await readFile(join(import.meta.dirname, "../README.md"), "utf8");
  const file = join(import.meta.dirname, `readme-example-${process.pid}.tmp.mjs`);
  await writeFile(file, /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? "");
  try {
    const printed = execFileSync(process.execPath, [file], { encoding: "utf8" });
    expect(printed).toContain("three points dominate 6");
    expect(printed).toContain("Mean inner product");
    expect(printed).toMatch(/parm - uniarm +hypervolume +3 .*Student, seeds and prompts/);
  } finally {
    await rm(file);
  }
});

test("the README's table of metrics is that of the data", async () => {
  const readme = await readFile(join(import.meta.dirname, "../README.md"), "utf8");
  const written = /<!-- metrics -->([\s\S]*)<!-- \/metrics -->/.exec(readme)?.[1] ?? "";
  const cells = written
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim().replaceAll("\\|", "|"))); // prettier-ignore
  const expected = Object.values(EVALUATION_METRICS).map(
    ({ title, sentence, formula, range, unit, better, source }) =>
    [title, sentence, `\`${formula}\``, range, unit, better, source], // prettier-ignore
  );
  expect(cells.slice(2)).toEqual(expected);
});

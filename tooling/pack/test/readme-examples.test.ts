import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { readmeExample } from "../src/readme-example.ts";

const packages = resolve(import.meta.dirname, "../../../packages");
/** The client's example has a server to ask: `pnpm check:packages` runs it. */
const names = readdirSync(packages).filter((name) => name !== "client");

test.each(names)("the example in the README of %s runs on what this version exports", (name) => {
  const folder = join(packages, name);
  const example = readmeExample(readFileSync(join(folder, "README.md"), "utf8"), name);
  const printed = execFileSync(process.execPath, ["--input-type=module", "--eval", example], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(printed.trim()).not.toBe("");
});

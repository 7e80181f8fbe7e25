import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { COMPILER_FLAGS, nativeFolder } from "../src/native-sources.ts";

// Debian: apt-get install g++-aarch64-linux-gnu qemu-user
const [compiler, emulator] = ["aarch64-linux-gnu-g++", "qemu-aarch64"];
const isThere = [compiler, emulator].every((command) => spawnSync(command, ["--version"]).status === 0);

const folder = mkdtempSync(join(tmpdir(), "uniarm-neon-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const SOURCES = [
  join(import.meta.dirname, "neon-products.cc"),
  ...["ops-block-neon.cc", "ops-block-portable.cc"].map((name) => join(nativeFolder, name)),
];

test.skipIf(!isThere).each([
  ["dot products", "armv8.2-a+dotprod", "max"],
  ["none", "armv8-a", "cortex-a53"],
])("products with quantized weights by NEON, with %s, are the portable ones", (_, machine, cpu) => {
  const program = join(folder, cpu);
  const flags = [...COMPILER_FLAGS.all, ...COMPILER_FLAGS.operations, `-march=${machine}`, "-static"];
  const built = spawnSync(compiler, [...flags, `-I${nativeFolder}`, ...SOURCES, "-o", program], { encoding: "utf8" });
  expect(built.stderr).toBe("");
  const { status, stdout } = spawnSync(emulator, ["-cpu", cpu, program], { encoding: "utf8" });
  expect(stdout).toMatch(/^largest difference [\d.e-]+$/m);
  expect(status).toBe(0);
});

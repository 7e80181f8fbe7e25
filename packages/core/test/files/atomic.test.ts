import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeFileAtomically, writeFolderAtomically } from "../../src/files/atomic.ts";
import { temporaryFolder } from "../../src/testing/index.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

test("a file is replaced whole, nothing else stays beside it", async () => {
  const path = join(folder.path, "file.txt");
  await writeFileAtomically(path, "a longer old text");
  await writeFileAtomically(path, [Buffer.from("ne"), Buffer.from("w")]);
  expect(await readFile(path, "utf8")).toBe("new");
  expect(await readdir(folder.path)).toEqual(["file.txt"]);
});

test("a write that fails leaves the old file", async () => {
  const path = join(folder.path, "file.txt");
  await writeFileAtomically(path, "old");
  const failing = function* (): Generator<Uint8Array> {
    yield Buffer.from("half");
    throw new Error("disk full");
  };
  await expect(writeFileAtomically(path, failing())).rejects.toThrow("disk full");
  expect(await readFile(path, "utf8")).toBe("old");
  expect(await readdir(folder.path)).toEqual(["file.txt"]);
});

test("a folder appears with all its files or not at all", async () => {
  const target = join(folder.path, "checkpoints", "step-1");
  const failing = writeFolderAtomically(target, async (partial) => {
    await writeFile(join(partial, "half"), "x");
    throw new Error("disk full");
  });
  await expect(failing).rejects.toThrow("disk full");
  expect(await readdir(join(folder.path, "checkpoints"))).toEqual([]);
  await writeFolderAtomically(target, async (partial) => {
    expect(await readdir(join(folder.path, "checkpoints"))).toEqual(["step-1.partial"]);
    await mkdir(join(partial, "inner"));
    await writeFile(join(partial, "inner", "whole"), "x");
  });
  expect(await readdir(join(folder.path, "checkpoints"))).toEqual(["step-1"]);
  expect(await readdir(join(target, "inner"))).toEqual(["whole"]);
});

test("a folder that is there is replaced, what a killed writer left is cleared", async () => {
  const target = join(folder.path, "step-1");
  await mkdir(join(folder.path, "step-1.partial"));
  await writeFile(join(folder.path, "step-1.partial", "stale"), "x");
  for (const name of ["old", "new"])
    await writeFolderAtomically(target, (partial) => writeFile(join(partial, name), "x"));
  expect(await readdir(target)).toEqual(["new"]);
  expect(await readdir(folder.path)).toEqual(["step-1"]);
});

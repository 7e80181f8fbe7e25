import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBlobStore } from "../src/index.ts";
import { temporaryFolder } from "../src/testing/index.ts";

let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ folder, remove } = await temporaryFolder());
});
afterAll(async () => remove());

async function mounted(name: string, options: string): Promise<{ place: string; unmount: () => void }> {
  const place = join(folder, name);
  await mkdir(place);
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", place]);
  return { place, unmount: () => void execFileSync("umount", [place]) };
}

/** Whether this user may mount anything: root may, where no container forbids it. */
function mayMount(): boolean {
  try {
    execFileSync("unshare", ["-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], { stdio: "ignore" });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}

const megabytes = (count: number, byte: number): Buffer => Buffer.alloc(count * 2 ** 20, byte);
const shaOf = (content: Buffer): string => createHash("sha256").update(content).digest("hex");

describe.runIf(mayMount())("a small disk (skipped where this user may not mount one)", () => {
  test("that is full is named; what is stored stays, and the store continues when there is room", async () => {
    const { place, unmount } = await mounted("full", "size=4m");
    try {
      const store = await openBlobStore(join(place, "blobs"));
      const [first, second] = [megabytes(1, 1), megabytes(2, 2)];
      await store.put(Readable.from([first]), { sha256: shaOf(first) });
      await writeFile(join(place, "filler"), megabytes(2, 0));
      await expect(store.put(Readable.from([second]), { sha256: shaOf(second) })).rejects.toThrow(
        `There is no disk left for the blob store ${join(place, "blobs")}. Free some, or shorten the retention; nothing was lost.`,
      );
      expect(await readdir(join(place, "blobs", "incoming"))).toEqual([]);
      expect(await store.sizeOf(shaOf(second))).toBeNull();
      const stream = await store.read(shaOf(first));
      expect(shaOf(Buffer.concat(await stream.toArray()))).toBe(shaOf(first));
      await rm(join(place, "filler"));
      expect(await store.put(Readable.from([second]), { sha256: shaOf(second) })).toEqual({
        sha256: shaOf(second),
        size: 2 * 2 ** 20,
      });
    } finally {
      unmount();
    }
  });

  test("that cannot be written is named", async () => {
    const { place, unmount } = await mounted("read-only", "ro");
    try {
      await expect(openBlobStore(join(place, "blobs"))).rejects.toThrow(
        /The blob store .* cannot be written .*choose another folder with --data/s,
      );
    } finally {
      unmount();
    }
  });
});

test("a blob store where a file is says what to do", async () => {
  await writeFile(join(folder, "file"), "");
  await expect(openBlobStore(join(folder, "file"))).rejects.toThrow(/cannot be written .*choose another folder/s);
});

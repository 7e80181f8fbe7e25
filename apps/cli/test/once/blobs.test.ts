import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "@uniarm/core/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCli } from "../run-cli.ts";

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterEach(async () => remove());

async function stored(text: string): Promise<string> {
  const sha256 = createHash("sha256").update(text).digest("hex");
  await mkdir(join(folder, "from", sha256.slice(0, 2)), { recursive: true });
  await writeFile(join(folder, "from", sha256.slice(0, 2), sha256), text);
  return join(sha256.slice(0, 2), sha256);
}

test("blobs copy brings every file once, and leaves what others have begun to write", async () => {
  const paths = [await stored("one"), await stored("two")];
  const begun = join(folder, "to", "incoming", "begun");
  await mkdir(join(folder, "to", "incoming"), { recursive: true });
  await writeFile(begun, "half");
  const copy = () => runCli(["blobs", "copy", join(folder, "from"), join(folder, "to"), "--json"]);
  expect(JSON.parse((await copy()).stdout)).toEqual({ type: "copied", files: 2, bytes: 6, absent: [] });
  expect(JSON.parse((await copy()).stdout)).toMatchObject({ files: 2, bytes: 0 });
  expect(await readFile(join(folder, "to", paths[0]!), "utf8")).toBe("one");
  expect(await readFile(begun, "utf8")).toBe("half");
});

test("blobs copy of a folder that is not there says where files are, and makes nothing", async () => {
  const { code, stderr } = await runCli(["blobs", "copy", join(folder, "fro"), join(folder, "to")]);
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /There is no folder .*fro with the files of a platform: they are in `blobs` of its data folder/,
  );
  expect(existsSync(join(folder, "to"))).toBe(false);
});

test("blobs copy names a file that is not what its name says, and copies the others", async () => {
  await stored("one");
  await writeFile(join(folder, "from", await stored("two")), "damaged");
  const { code, stderr } = await runCli(["blobs", "copy", join(folder, "from"), join(folder, "to")]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/Of 2 files 1 could not be copied: [0-9a-f]{64} is damaged/);
});

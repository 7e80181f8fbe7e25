import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const MODULE = join(import.meta.dirname, "../../src/serve/only-one.ts");
const PROGRAM = `
  const { onlyProcessOn } = await import(process.argv[1]);
  try {
    await onlyProcessOn(process.argv[2], "in-use", "in use");
    process.stdout.write("mine\\n");
    process.stdin.resume().on("end", () => process.exit(0));
  } catch (error) {
    process.stdout.write(error.message + "\\n");
    process.exit(2);
  }`;

let folder: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "uniarm-only-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await rm(folder, { recursive: true });
});

/** What a process says that wants a folder for itself, and the process. */
async function claim(path: string, environment: Record<string, string> = {}): Promise<[string, ChildProcess]> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", PROGRAM, MODULE, path], {
    env: { ...process.env, ...environment },
    stdio: ["pipe", "pipe", "inherit"],
  });
  children.push(child);
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  return [String(said).trim(), child];
}

test.each([
  ["short", "data"],
  ["longer than the address of a socket", join(...Array.from({ length: 12 }, () => "a-long-name"), "data")],
])("a folder with a path that is %s is one process's, by whatever name and with whatever TMPDIR", async (_, name) => {
  const data = join(folder, name);
  const elsewhere = join(folder, "tmp");
  const link = join(folder, "link");
  await mkdir(data, { recursive: true });
  await mkdir(elsewhere);
  await symlink(data, link);
  expect((await claim(data))[0]).toBe("mine");
  expect((await claim(data))[0]).toBe("in use");
  expect((await claim(link))[0]).toBe("in use");
  expect((await claim(data, { TMPDIR: elsewhere }))[0]).toBe("in use");
});

test("a folder whose process was killed is free, and one that ended leaves nothing in it", async () => {
  const [, killed] = await claim(folder);
  killed.kill("SIGKILL");
  await once(killed, "exit");
  const [said, next] = await claim(folder);
  expect(said).toBe("mine");
  next.stdin!.end();
  await once(next, "exit");
  expect(await readdir(folder)).toEqual([]);
});

test("of several that begin at once one gets it", async () => {
  const said = await Promise.all(Array.from({ length: 4 }, async () => (await claim(folder))[0]));
  expect(said.toSorted()).toEqual(["in use", "in use", "in use", "mine"]);
});

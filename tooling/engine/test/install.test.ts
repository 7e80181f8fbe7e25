import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { engineFolder } from "../src/cache.ts";
import { engineStatus } from "../src/status.ts";
import { folderOfCommands, runInstaller } from "./commands.ts";

let cache: string;
let commands: string | null = null;

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "uniarm-cache-"));
});
afterEach(() => {
  rmSync(cache, { recursive: true });
  if (commands !== null) rmSync(commands, { recursive: true });
  commands = null;
});

/** What the installer says with nothing on PATH but these commands. */
function complaint(scripts: Record<string, string>): { code: number | null; stderr: string } {
  commands = folderOfCommands(scripts);
  const { code, stderr } = runInstaller([], commands, cache);
  return { code, stderr };
}

const works = "exit 0";

test("without Python the sentence names Python and how to get it", () => {
  expect(complaint({ "g++": works })).toEqual({
    code: 3,
    stderr: "no Python 3.9 or newer on PATH (Debian: apt-get install python3 python3-pip)",
  });
});

test("an old Python is no Python", () => {
  expect(complaint({ python3: 'test "$1" != -c', "g++": works }).stderr).toContain("no Python 3.9 or newer");
});

test("without pip the sentence names pip", () => {
  expect(complaint({ python3: 'test "$1" != -m', "g++": works })).toEqual({
    code: 3,
    stderr: "python3 has no pip (Debian: apt-get install python3-pip)",
  });
});

test("with Python and no compiler the sentence names the compiler", () => {
  expect(complaint({ python3: works })).toEqual({
    code: 3,
    stderr: "no C++ compiler on PATH (Debian: apt-get install g++)",
  });
});

test("a download that fails is told with pip's own last error, and leaves nothing behind", () => {
  const python3 =
    'case "$*" in *download*) echo "WARNING: retrying" >&2; echo "ERROR: no such host" >&2; exit 1;; esac';
  const { code, stderr } = complaint({ python3, "g++": works });
  expect(code).toBe(3);
  expect(stderr).toContain("pip could not download tensorflow-cpu 2.21.0 (no such host); check the network");
  expect(readdirSync(join(cache, "engine"))).toEqual([]);
});

test("a compiler that fails is told with what it printed", () => {
  // pip's stand-in makes an empty wheel in the folder after --dest
  const python3 =
    'while [ $# -gt 0 ]; do if [ "$1" = --dest ]; then /bin/mkdir "$2"; : > "$2/tensorflow.whl"; fi; shift; done';
  const { code, stderr } = complaint({
    python3,
    "g++": 'test "$1" = --version || { echo "cannot find -lstdc++" >&2; exit 1; }',
  });
  expect(code).toBe(1);
  expect(stderr).toContain("the tensorflow engine does not work: g++");
  expect(stderr).toContain("cannot find -lstdc++");
  expect(readdirSync(join(cache, "engine"))).toEqual([]);
});

test("the result is one line of JSON for machines, the reason included", () => {
  commands = folderOfCommands({});
  const { code, stdout, stderr } = runInstaller(["--json"], commands, cache);
  expect(code).toBe(3);
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({
    engine: "wasm",
    reason: "no Python 3.9 or newer on PATH (Debian: apt-get install python3 python3-pip)",
    seconds: expect.any(Number) as number,
  });
});

test("--check agrees with the status and changes nothing", () => {
  const { code, stdout, stderr } = runInstaller(["--check"], "", cache);
  const status = engineStatus({ UNIARM_CACHE: cache });
  if (status.available) expect(stdout).toMatch(/^TensorFlow \d+\.\d+\.\d+ runs \(\d+\.\d s\)$/);
  else expect(stderr).toBe(status.reason);
  expect(code).toBe(status.available ? 0 : 3);
  expect(status.folder).toBe(engineFolder({ UNIARM_CACHE: cache }));
  expect(readdirSync(cache)).toEqual([]);
});

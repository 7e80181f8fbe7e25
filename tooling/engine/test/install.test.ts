import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bindingFolder, isBuilt, tensorflowFolder } from "../src/cache.ts";
import { engineStatus } from "../src/status.ts";
import { folderOfCommands, killedInstall, runInstaller } from "./commands.ts";

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

/** Stands in for Python: pip makes an empty wheel in the folder after --dest, unzipping it gives the header looked for last. */
const python3 = `
if [ "$1" = -c ] && [ -n "$3" ]; then /bin/mkdir -p "$4/tensorflow/include/tensorflow/c"; : > "$4/tensorflow/include/tensorflow/c/c_api.h"; fi
while [ $# -gt 0 ]; do if [ "$1" = --dest ]; then /bin/mkdir "$2"; : > "$2/tensorflow.whl"; fi; shift; done`;

test("a wheel without what is looked for is no TensorFlow", () => {
  const empty = python3.replaceAll("c_api.h", "other.h");
  const { code, stderr } = complaint({ python3: empty, "g++": works });
  expect(code).toBe(1);
  expect(stderr).toContain("is not complete");
  expect(readdirSync(join(cache, "engine"))).toEqual([]);
});

test("an install that is killed while it downloads leaves no engine, and does not hinder the next one", async () => {
  const failing = 'test "$1" = --version || { echo "the compiler was reached" >&2; exit 1; }';
  const hanging = 'case "$*" in *download*) echo downloading; exec /bin/sleep 60;; esac';
  commands = folderOfCommands({ python3: hanging, "g++": failing });
  await killedInstall(commands, cache, () => readdirSync(join(cache, "engine")).length === 1);
  expect(readdirSync(join(cache, "engine"))[0]).toMatch(/\.partial-/);
  expect(isBuilt(bindingFolder("cpu", { UNIARM_CACHE: cache }))).toBe(false);
  rmSync(commands, { recursive: true });
  expect(complaint({ python3, "g++": failing }).stderr).toContain("the compiler was reached");
});

test("a compiler that fails is told with what it printed", () => {
  const { code, stderr } = complaint({
    python3,
    "g++": 'test "$1" = --version || { echo "cannot find -lstdc++" >&2; exit 1; }',
  });
  expect(code).toBe(1);
  expect(stderr).toContain("the tensorflow engine does not work: g++");
  expect(stderr).toContain("cannot find -lstdc++");
  // what was downloaded is kept: the next try does not download it again
  expect(readdirSync(join(cache, "engine"))).toEqual([basename(tensorflowFolder("cpu"))]);
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
  if (status.available) expect(stdout).toMatch(/^TensorFlow \d+\.\d+\.\d+ runs on .*, bfloat16 .* \(\d+\.\d s\)$/);
  else expect(stderr).toBe(status.reason);
  expect(code).toBe(status.available ? 0 : 3);
  expect(status.folder).toBe(bindingFolder("cpu", { UNIARM_CACHE: cache }));
  expect(readdirSync(cache)).toEqual([]);
});

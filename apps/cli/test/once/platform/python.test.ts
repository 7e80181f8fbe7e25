import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPlatform, type Platform } from "./platform.ts";

const README = fileURLToPath(import.meta.resolve("@uniarm/api/README.md"));
const hasPython = spawnSync("python3", ["--version"], { stdio: "ignore" }).status === 0;

describe.runIf(hasPython)("the README's Python example (skipped without python3: apt-get install python3)", () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await startPlatform({ flags: ["--slots", "2"] });
  });
  afterAll(async () => {
    await platform.stop();
    await platform.remove();
  });

  test("launches the quick study, follows it and prints its fronts", async () => {
    const [, example] = /```python\n([\s\S]*?)```/.exec(readFileSync(README, "utf8"))!;
    const key = (await readFile(join(platform.folder, "local-key"), "utf8")).trim();
    const child = spawn("python3", ["-"], {
      env: { ...process.env, UNIARM_SERVER: platform.url, UNIARM_KEY: key, PYTHONUNBUFFERED: "1" },
      stdio: ["pipe", "pipe", "pipe"],
    });
    let [printed, complaints] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text));
    child.stdin.end(example);
    const [code] = (await once(child, "close")) as [number];
    expect(code, complaints).toBe(0);
    expect(printed).toMatch(/^templates: .*quick/);
    expect(printed).toMatch(/SUCCEEDED (\d+) of \1 runs/);
    expect(printed).toMatch(/hypervolume \d\.\d+\n {2}preference \[0/);
    expect(printed).toMatch(/loss \[\d/);
  });
});

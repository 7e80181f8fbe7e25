import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { linesOf, Workspace } from "./workspace.ts";

let workspace: Workspace;

beforeEach(() => {
  workspace = new Workspace();
});
afterEach(() => {
  workspace.remove();
});

test("a bare clone is installed, gets its engine and runs: a line for each phase, arguments and exit code passed through", async () => {
  const outcome = await workspace.run(["demo", "--quick", "two words"]);
  expect(outcome.stderr).toBe("");
  expect(linesOf(outcome)).toEqual([
    "install    pnpm 1.2.3 # s",
    "engine     tensorflow 9.9.9 # s",
    "cli demo --quick two words",
  ]);
  expect(outcome.code).toBe(7);
  expect(workspace.npxCalls).toEqual(["-y pnpm@1.2.3 install --frozen-lockfile"]);
});

test("`test` runs vitest once with the arguments it is given", async () => {
  const outcome = await workspace.run(["test", "--project", "core"]);
  expect(linesOf(outcome).at(-1)).toBe("vitest run --project core");
  expect(outcome.code).toBe(0);
});

test("the second call does not install again", async () => {
  await workspace.run(["demo"]);
  const second = await workspace.run(["test"]);
  expect(linesOf(second)[0]).toBe("install    up to date # s");
  expect(workspace.npxCalls).toHaveLength(1);
});

test.each([
  ["the lockfile", "pnpm-lock.yaml"],
  ["the workspace file", "pnpm-workspace.yaml"],
  ["a package's manifest", "packages/core/package.json"],
  ["a new package", "apps/new/package.json"],
])("after a change of %s it installs again", async (_, path) => {
  await workspace.run(["demo"]);
  workspace.write(path, "{}");
  await workspace.run(["demo"]);
  expect(workspace.npxCalls).toHaveLength(2);
});

test.each(["node_modules/.uniarm-installed", "packages/core/node_modules"])(
  "without %s it installs again",
  async (path) => {
    await workspace.run(["demo"]);
    rmSync(join(workspace.root, path), { recursive: true });
    await workspace.run(["demo"]);
    expect(workspace.npxCalls).toHaveLength(2);
  },
);

test("an install that fails shows what it printed, runs nothing, and is tried again next time", async () => {
  workspace.npx("echo fetching; echo no space left >&2; exit 4");
  for (const attempt of [1, 2]) {
    const outcome = await workspace.run(["demo"]);
    expect(outcome.code).toBe(4);
    expect(outcome.stdout).toBe("");
    expect(outcome.stderr).toContain("install    pnpm@1.2.3 failed (exit code 4)");
    expect(outcome.stderr).toContain("fetching\nno space left");
    expect(workspace.npxCalls).toHaveLength(attempt);
  }
});

test("without npx the failure names it", async () => {
  rmSync(join(workspace.root, "bin/npx"));
  const outcome = await workspace.run(["demo"]);
  expect(outcome.code).toBe(127);
  expect(outcome.stderr).toContain("npx: spawn npx ENOENT");
});

test("an engine that cannot be built is one line with the reason, and wasm takes its place", async () => {
  workspace.engine({ engine: "wasm", reason: "no C++ compiler on PATH\n(Debian: apt-get install g++)" }, 3);
  const outcome = await workspace.run(["demo"]);
  expect(linesOf(outcome)).toEqual([
    "install    pnpm 1.2.3 # s",
    "engine     wasm: no C++ compiler on PATH (Debian: apt-get install g++) # s",
    "cli demo",
  ]);
});

test("an engine installer that crashes is a reason too", async () => {
  workspace.write("tooling/engine/src/install.ts", "throw new Error('out of luck');");
  const outcome = await workspace.run(["demo"]);
  expect(linesOf(outcome)[1]).toBe("engine     wasm: Error: out of luck # s");
  expect(outcome.code).toBe(7);
});

test("what the engine's installer will take long over is told before it does", async () => {
  const source = `console.log('{"note":"downloading"}'); console.log('{"engine":"tensorflow","version":"9.9.9"}');`;
  workspace.write("tooling/engine/src/install.ts", source);
  const outcome = await workspace.run(["demo"]);
  expect(linesOf(outcome).slice(1, 3)).toEqual(["engine     downloading", "engine     tensorflow 9.9.9 # s"]);
});

test("UNIARM_ENGINE=wasm makes no engine", async () => {
  workspace.write("tooling/engine/src/install.ts", "throw new Error('called');");
  const outcome = await workspace.run(["demo"], { UNIARM_ENGINE: "wasm" });
  expect(linesOf(outcome)[1]).toBe("engine     wasm, as UNIARM_ENGINE asks # s");
});

test("UNIARM_ENGINE=tensorflow does not go on without it", async () => {
  workspace.engine({ engine: "wasm", reason: "no pip" }, 3);
  const outcome = await workspace.run(["demo"], { UNIARM_ENGINE: "tensorflow" });
  expect(outcome.code).toBe(3);
  expect(outcome.stderr).toContain("tensorflow was asked for and is not available: no pip");
  expect(outcome.stdout).not.toContain("cli demo");
});

test.each(["SIGINT", "SIGTERM"] as const)("%s reaches the program, whose exit code is passed on", async (signal) => {
  workspace.write(
    "apps/cli/src/main.ts",
    `process.on("${signal}", () => { console.log("saved"); process.exit(42); }); setInterval(() => {}, 1000); console.log("started");`,
  );
  const { child, outcome } = workspace.start(["demo"]);
  for (let printed = ""; !printed.includes("started");) printed += String((await once(child.stdout!, "data"))[0]);
  child.kill(signal);
  expect(await outcome).toMatchObject({ code: 42, stdout: expect.stringContaining("saved") as string });
});

test("the program and its children run on the project's Node", async () => {
  const source = `import { execFileSync } from "node:child_process";
    console.log(execFileSync("node", ["-p", "process.env.PATH.split(':')[0]"], { encoding: "utf8" }).trim());`;
  workspace.write("apps/cli/src/main.ts", source);
  expect(linesOf(await workspace.run(["demo"])).at(-1)).toBe(join(workspace.root, "node_modules/node/bin"));
});

test("an unknown command is refused with the known ones", async () => {
  const outcome = await workspace.run(["dance"]);
  expect(outcome).toMatchObject({ code: 2, stderr: 'run.mjs knows demo and test, not "dance"\n' });
});

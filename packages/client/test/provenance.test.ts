import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { LaunchedFrom, Provenance } from "@uniarm/core/schema";
import { temporaryFolder } from "@uniarm/core/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { commandText, gitState, launchedFromHere, provenanceHere } from "../src/provenance/index.ts";
import { packageVersions } from "../src/provenance/package-versions.ts";

const KEY = `uniarm_${"x".repeat(43)}`;

describe("a command line that is noted", () => {
  test.each([
    [["uniarm", "launch", "a file.json", "--key", KEY], "uniarm launch 'a file.json' --key …"],
    [["uniarm", `--key=${KEY}`, "--sweep", "seed=1,2"], "uniarm --key=… --sweep seed=1,2"],
    [["uniarm", "--api-token", "abc", "--json"], "uniarm --api-token … --json"],
    [["uniarm", "--database", "postgresql://me:pw@host/db"], "uniarm --database postgresql://…@host/db"],
    [["uniarm", "--name", `of ${KEY}`], "uniarm --name 'of …'"],
    [["uniarm", "--key", "--json"], "uniarm --key --json"],
    [["uniarm", "it's"], String.raw`uniarm 'it'\''s'`],
  ])("has no secret of %j", (words, text) => {
    expect(commandText(words)).toBe(text);
  });
});

describe("what git says", () => {
  let folder: string;
  let remove: () => Promise<void>;
  const git = (...args: string[]): void =>
    void execFileSync("git", ["-C", folder, "-c", "user.name=t", "-c", "user.email=t@t", ...args], { stdio: "ignore" });
  beforeEach(async () => {
    ({ path: folder, remove } = await temporaryFolder());
    git("init");
    await writeFile(join(folder, "known.txt"), "1");
    git("add", ".");
    git("commit", "-m", "first");
  });
  afterEach(() => remove());

  test("is the commit, and whether known files differ from it", async () => {
    const clean = await gitState(folder);
    expect(clean).toEqual({ commit: expect.stringMatching(/^[0-9a-f]{40}$/), isDirty: false });
    await writeFile(join(folder, "new.txt"), "of nobody's concern");
    expect(await gitState(folder)).toEqual(clean);
    await writeFile(join(folder, "known.txt"), "2");
    expect(await gitState(folder)).toEqual({ ...clean, isDirty: true });
  });

  test("is nothing where there is no checkout, or the checkout is another program's", async () => {
    const installed = join(folder, "node_modules/uniarm");
    await mkdir(installed, { recursive: true });
    await writeFile(join(installed, "package.json"), "{}");
    expect(await gitState(installed, "package.json")).toBeNull();
    expect(await gitState("/")).toBeNull();
    expect(await gitState(join(folder, "absent"))).toBeNull();
  });

  test("stands beside versions of what a package depends on, as they are installed", async () => {
    const write = async (path: string, content: object): Promise<void> => {
      await mkdir(join(folder, path), { recursive: true });
      await writeFile(join(folder, path, "package.json"), JSON.stringify(content));
    };
    await write("app", { name: "app", version: "1.0.0", dependencies: { one: "^2.0.0", absent: "1.0.0" } });
    await write("node_modules/one", { name: "one", version: "2.3.4" });
    const module = pathToFileURL(join(folder, "app/src/main.js")).href;
    expect(packageVersions([module])).toEqual({ app: "1.0.0", node: process.versions.node, one: "2.3.4" });
  });
});

test("provenance is what its schemas say, and holds nothing of the environment", async () => {
  process.env.SOME_SECRET = "only in the environment";
  const launched = await launchedFromHere(["uniarm", "launch", "quick"]);
  const own = await provenanceHere([import.meta.url], { name: "wasm", version: "4", device: "cpu", threads: 1 });
  delete process.env.SOME_SECRET;
  expect(LaunchedFrom.parse(launched)).toEqual(launched);
  expect(Provenance.parse(own)).toEqual(own);
  expect(own.packages).toHaveProperty("@uniarm/core");
  expect(own.system.cores).toBeGreaterThan(0);
  expect(JSON.stringify([launched, own])).not.toContain("only in the environment");
});

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  bindingFile,
  bindingFolder,
  buildOnce as buildWhole,
  cacheFolder,
  isBuilt,
  tensorflowFolder,
} from "../src/cache.ts";

let cache: string;
let folder: string;

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "uniarm-cache-"));
  folder = bindingFolder("cpu", { UNIARM_CACHE: cache });
});
afterEach(() => {
  rmSync(cache, { recursive: true });
});

const build = (partial: string): Promise<void> => {
  writeFileSync(bindingFile(partial), "binding");
  return Promise.resolve();
};
const buildOnce = (into: string, work: (partial: string) => Promise<void>): Promise<void> =>
  buildWhole(into, isBuilt, work);
const entries = (): string[] => readdirSync(dirname(folder));

test("TensorFlow is kept by its version and the platform, the binding also by Node-API, sources and processor", () => {
  const key = `tensorflow-cpu-2.21.0-${process.platform}-${process.arch}`;
  expect(basename(tensorflowFolder("cpu"))).toBe(key);
  expect(basename(folder)).toMatch(new RegExp(`^${key}-napi8-[0-9a-f]{12}$`));
  expect(basename(tensorflowFolder("gpu"))).toBe(key.replace("cpu", "gpu"));
});

test("a disk without room is told how much is needed", async () => {
  await expect(buildWhole(folder, isBuilt, build, 1e18)).rejects.toThrow(
    /building it needs 1000000000\.0 GB of disk and .* has .* GB free \(UNIARM_CACHE names another folder\)/,
  );
});

test("the cache is UNIARM_CACHE, else the XDG cache, else ~/.cache; an empty variable counts as none", () => {
  const home = { HOME: "/home/ada" };
  expect(cacheFolder({ ...home, XDG_CACHE_HOME: "/xdg", UNIARM_CACHE: "/mine" })).toBe("/mine");
  expect(cacheFolder({ ...home, XDG_CACHE_HOME: "/xdg" })).toBe("/xdg/uniarm");
  expect(cacheFolder({ ...home, XDG_CACHE_HOME: "", UNIARM_CACHE: "" })).toBe("/home/ada/.cache/uniarm");
});

test("a build appears whole or not at all", async () => {
  await buildOnce(folder, (partial) => {
    expect(isBuilt(folder)).toBe(false);
    return build(partial);
  });
  expect(isBuilt(folder)).toBe(true);
  expect(entries()).toEqual([basename(folder)]);
});

test("a build that fails leaves nothing and can be tried again", async () => {
  await expect(buildOnce(folder, () => Promise.reject(new Error("no compiler")))).rejects.toThrow("no compiler");
  expect(entries()).toEqual([]);
  await buildOnce(folder, build);
  expect(isBuilt(folder)).toBe(true);
});

test("what is built is not built again", async () => {
  await buildOnce(folder, build);
  await buildOnce(folder, () => Promise.reject(new Error("built twice")));
});

test("a half-finished build of a killed install is no engine, and is removed once it is old", async () => {
  const killed = `${folder}.partial-killed`;
  mkdirSync(killed, { recursive: true });
  await build(killed);
  expect(isBuilt(folder)).toBe(false);

  await buildOnce(folder, build);
  expect(existsSync(killed), "it may belong to an install that still runs").toBe(true);

  const yesterday = Date.now() / 1000 - 86_400;
  utimesSync(killed, yesterday, yesterday);
  rmSync(folder, { recursive: true });
  await buildOnce(folder, build);
  expect(existsSync(killed)).toBe(false);
});

test("a folder that lost its binding is built anew", async () => {
  mkdirSync(join(folder, "tensorflow"), { recursive: true });
  await buildOnce(folder, build);
  expect(isBuilt(folder)).toBe(true);
});

test("of two installs at once both succeed and one engine remains", async () => {
  const slowly = async (partial: string): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    await build(partial);
  };
  await Promise.all([buildOnce(folder, slowly), buildOnce(folder, slowly)]);
  expect(isBuilt(folder)).toBe(true);
  expect(entries()).toEqual([basename(folder)]);
});

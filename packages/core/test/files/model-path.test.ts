import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { cacheFolder } from "../../src/files/cache-folder.ts";
import { modelPath } from "../../src/files/model-path.ts";
import { hubPlace, parseHubModel, type HubModel } from "../../src/schema/hub-model.ts";
import { readModelConfig } from "../../src/model/model-folder.ts";
import { temporaryFolder } from "../../src/testing/temporary-folder.ts";
import { loadTokenizer } from "../../src/text/tokenizer.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

test("the cache is UNIARM_CACHE, else the XDG cache, else ~/.cache; an empty variable counts as none", () => {
  const home = { HOME: "/home/ada" };
  expect(cacheFolder({ ...home, XDG_CACHE_HOME: "/xdg", UNIARM_CACHE: "/mine" })).toBe("/mine");
  expect(cacheFolder({ ...home, XDG_CACHE_HOME: "/xdg" })).toBe("/xdg/uniarm");
  expect(cacheFolder({ ...home, XDG_CACHE_HOME: "", UNIARM_CACHE: "" })).toBe("/home/ada/.cache/uniarm");
});

test("a named model is its file in the cache, and one that is not there says how to fetch it", async () => {
  const { path, remove } = await temporaryFolder();
  onTestFinished(remove);
  vi.stubEnv("UNIARM_CACHE", path);
  const sentence = "uniarm models pull smollm2-135m";
  expect(() => modelPath("smollm2-135m")).toThrow(sentence);
  await expect(readModelConfig("smollm2-135m")).rejects.toThrow(sentence);
  await expect(loadTokenizer("smollm2-135m")).rejects.toThrow(sentence);
  const folder = join(path, "models", "smollm2-135m");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "SmolLM2-135M-Instruct.Q4_1.gguf"), "");
  expect(modelPath("smollm2-135m")).toBe(join(folder, "SmolLM2-135M-Instruct.Q4_1.gguf"));
  expect(modelPath("models/base")).toBe("models/base");
});

test("a model of the hub is the files of its revision's commit in the cache, once all of them are there", async () => {
  const { path, remove } = await temporaryFolder();
  onTestFinished(remove);
  vi.stubEnv("UNIARM_CACHE", path);
  vi.stubEnv("HF_HOME", "");
  const sentence = "Fetch it once: uniarm models pull ada/tiny@v1";
  expect(() => modelPath("hub:ada/tiny@v1")).toThrow(sentence);
  await expect(readModelConfig("hub:ada/tiny@v1")).rejects.toThrow(sentence);
  const folder = join(path, "hub", "models--ada--tiny");
  const commit = "c".repeat(40);
  const snapshot = join(folder, "snapshots", commit);
  await mkdir(join(folder, "uniarm"), { recursive: true });
  await mkdir(snapshot, { recursive: true });
  await writeFile(
    join(folder, "uniarm", "v1.json"),
    JSON.stringify({ commit, files: ["config.json", "a.safetensors"] }),
  );
  await writeFile(join(snapshot, "config.json"), "{}");
  expect(() => modelPath("hub:ada/tiny@v1")).toThrow(sentence); // one file is not there
  await writeFile(join(snapshot, "a.safetensors"), "");
  expect(modelPath("hub:ada/tiny@v1")).toBe(snapshot);
  await writeFile(join(folder, "uniarm", "v1.json"), JSON.stringify({ commit, files: ["../../../etc"] }));
  expect(() => modelPath("hub:ada/tiny@v1")).toThrow(sentence); // what is no record of ours is none
});

test.each<[string, HubModel]>([
  ["hub:ada/tiny", { owner: "ada", name: "tiny", revision: "main", file: null }],
  ["ada/tiny-2.5@refs/pr/1", { owner: "ada", name: "tiny-2.5", revision: "refs/pr/1", file: null }],
  ["hub:ada/tiny@v1:q4_0.gguf", { owner: "ada", name: "tiny", revision: "v1", file: "q4_0.gguf" }],
])("%s is read as a model of the hub", (text, model) => {
  expect(parseHubModel(text)).toEqual(model);
  expect(parseHubModel(hubPlace(model))).toEqual(model);
});

test.each([
  "hub:ada",
  "hub:/tiny",
  "hub:ada/../tiny",
  "hub:ada/tiny@..",
  "hub:ada/tiny@a/../..",
  "hub:ada/tiny:weights.bin",
  "hub:../x",
])("%s names no model of the hub", (text) => {
  expect(() => modelPath(text)).toThrow(
    "names no model of the hub: expected owner/name, owner/name@revision, or owner/name:FILE.gguf.",
  );
});

test("a folder with a GGUF file alone says that the file is to be named", async () => {
  const { path, remove } = await temporaryFolder();
  onTestFinished(remove);
  await writeFile(join(path, "tiny.gguf"), "");
  await expect(readModelConfig(path)).rejects.toThrow(
    /has no config\.json, but a GGUF file\. Name that file in its place: .*tiny\.gguf/,
  );
});

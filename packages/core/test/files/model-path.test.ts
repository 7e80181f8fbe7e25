import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { cacheFolder } from "../../src/files/cache-folder.ts";
import { modelPath } from "../../src/files/model-path.ts";
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

test("a folder with a GGUF file alone says that the file is to be named", async () => {
  const { path, remove } = await temporaryFolder();
  onTestFinished(remove);
  await writeFile(join(path, "tiny.gguf"), "");
  await expect(readModelConfig(path)).rejects.toThrow(
    /has no config\.json, but a GGUF file\. Name that file in its place: .*tiny\.gguf/,
  );
});

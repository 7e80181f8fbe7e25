import { readFile, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { exportWeights } from "../../src/checkpoint/export-weights.ts";
import { float32Of, readSafetensors } from "../../src/files/safetensors.ts";
import { readModelConfig } from "../../src/model/model-folder.ts";
import { temporaryFolder } from "../../src/testing/temporary-folder.ts";
import { loadTokenizer } from "../../src/text/tokenizer.ts";
import { goldenFolder } from "../support/golden.ts";
import { text, texts } from "../support/gguf-file.ts";
import { asGguf } from "../support/gguf-model.ts";

const TOKENIZER = {
  "tokenizer.ggml.model": text("gpt2"),
  "tokenizer.ggml.pre": text("gpt-2"),
  "tokenizer.ggml.tokens": texts(["a", "b", "ab", "<end>"]),
  "tokenizer.ggml.merges": texts(["a b"]),
  "tokenizer.chat_template": text("{{ messages[0].content }}"),
};

test.each(["llama", "gpt2"])(
  "the folder that a GGUF file of %s is written to holds the model that it was made of",
  async (name) => {
    const gguf = await asGguf(name, name, (keys) => ({ ...keys, ...TOKENIZER }));
    const { path, remove } = await temporaryFolder();
    onTestFinished(remove);
    const folder = join(path, "written");
    await exportWeights(folder, gguf, null, [], { dtype: "float32" });
    const original = await readSafetensors(join(goldenFolder, "models", name, "model.safetensors"));
    const { tensors } = await readSafetensors(join(folder, "model.safetensors"));
    expect([...tensors.keys()].sort()).toEqual([...original.tensors.keys()].sort());
    for (const [tensor, entry] of original.tensors) {
      const own = tensors.get(tensor)!;
      expect(own.shape, tensor).toEqual(entry.shape);
      expect(float32Of(own), tensor).toEqual(float32Of(entry));
    }
    expect(await readModelConfig(folder)).toEqual(await readModelConfig(gguf));
    const config = JSON.parse(await readFile(join(folder, "config.json"), "utf8")) as object;
    expect(config).toMatchObject({
      architectures: [name === "llama" ? "LlamaForCausalLM" : "GPT2LMHeadModel"],
      dtype: "float32",
    });
    const tokenizer = await loadTokenizer(folder);
    expect(tokenizer.encode("abba")).toEqual([2, 1, 0]);
    expect(tokenizer.chatTemplate?.source).toBe("{{ messages[0].content }}");
  },
);

test("a folder that holds something is not written over: the model itself, a link to it, or other files", async () => {
  const gguf = await asGguf("llama", "llama");
  const before = await readFile(gguf);
  const folder = join(goldenFolder, "models", "llama");
  const link = join(dirname(gguf), "link");
  await symlink(folder, link);
  for (const target of [dirname(gguf), folder, link])
    await expect(exportWeights(target, gguf, null, [])).rejects.toThrow(
      /There is something in .* already\. Name a new folder\./,
    );
  expect(await readFile(gguf)).toEqual(before);
});

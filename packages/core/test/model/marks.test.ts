import { cp, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openWeights } from "../../src/files/sharded.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { loadTransformer } from "../../src/model/pretrained.ts";
import { loadTokenizer } from "../../src/text/tokenizer.ts";
import { temporaryFolder, writeTinyModel } from "../../src/testing/index.ts";
import { goldenFolder } from "../support/golden.ts";

/** Puts a byte-order mark before every text of a folder, or turns them into UTF-16, as programs of Windows do. */
async function rewrite(folder: string, encoding: "utf8" | "utf16le"): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => /\.(?:json|jinja)$/.test(name));
  for (const name of names)
    await writeFile(join(folder, name), `\uFEFF${await readFile(join(folder, name), "utf8")}`, encoding);
  return names;
}

test.each(["utf8", "utf16le"] as const)(
  "a model folder whose texts have a byte-order mark is read, %s",
  async (encoding) => {
    const { path: folder, remove } = await temporaryFolder();
    try {
      await writeTinyModel(folder);
      const plain = await loadTokenizer(folder);
      await writeFile(join(folder, "chat_template.jinja"), plain.chatTemplate!.source);
      expect((await rewrite(folder, encoding)).sort()).toEqual(
        expect.arrayContaining(["chat_template.jinja", "config.json", "tokenizer.json", "tokenizer_config.json"]),
      );
      disposeTransformer(await loadTransformer(folder));
      const marked = await loadTokenizer(folder);
      const dialogue = [{ role: "user", content: "Hi" }] as const;
      expect(marked.promptFormat.prompt(dialogue)).toEqual(plain.promptFormat.prompt(dialogue));
      expect(marked.encode("Hi, ä")).toEqual(plain.encode("Hi, ä"));
    } finally {
      await remove();
    }
  },
);

test("so is an index of shards", async () => {
  const { path: folder, remove } = await temporaryFolder();
  try {
    await cp(join(goldenFolder, "models", "mistral-sharded"), folder, { recursive: true });
    const { tensors } = await openWeights(folder);
    await rewrite(folder, "utf8");
    expect((await openWeights(folder)).tensors.size).toBe(tensors.size);
  } finally {
    await remove();
  }
});

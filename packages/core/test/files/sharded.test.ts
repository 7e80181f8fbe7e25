import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openWeights } from "../../src/files/sharded.ts";
import { temporaryFolder } from "../../src/testing/temporary-folder.ts";
import { goldenFolder } from "../support/golden.ts";

let folder: string;
let remove: () => Promise<void>;
const SHARDS = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"] as const;
const INDEX = "model.safetensors.index.json";

beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
  const golden = join(goldenFolder, "models", "mistral-sharded");
  for (const file of [...SHARDS, INDEX]) await cp(join(golden, file), join(folder, file));
});
afterEach(() => remove());

type WeightMap = Record<string, string>;
async function editIndex(edit: (map: WeightMap) => void): Promise<void> {
  const index = JSON.parse(await readFile(join(folder, INDEX), "utf8")) as { weight_map: WeightMap };
  edit(index.weight_map);
  await writeFile(join(folder, INDEX), JSON.stringify(index));
}

test("the shards hold what the one file holds", async () => {
  const [sharded, whole] = [await openWeights(folder), await openWeights(join(goldenFolder, "models", "mistral"))];
  expect(sharded.paths).toEqual(SHARDS.map((file) => join(folder, file)));
  expect([...sharded.tensors.keys()].sort()).toEqual([...whole.tensors.keys()].sort());
  for (const [name, { shape, dtype }] of whole.tensors)
    expect(sharded.tensors.get(name)).toMatchObject({ shape, dtype });
});

test.each<[string, (map: WeightMap) => void, string]>([
  ["a tensor in the wrong file", (map) => (map["model.norm.weight"] = SHARDS[0]), 'tensor "model.norm.weight" is in'],
  ["a tensor that is nowhere", (map) => (map["model.extra"] = SHARDS[0]), 'tensor "model.extra" is in'],
  ["a file outside the folder", (map) => (map["model.norm.weight"] = "../other.safetensors"), "of the same folder"],
  ["an absolute file", (map) => (map["model.norm.weight"] = "/etc/passwd.safetensors"), "of the same folder"],
  ["a file of another kind", (map) => (map["model.norm.weight"] = "config.json"), "expected a .safetensors file"],
])("an index with %s is refused", async (_name, edit, message) => {
  await editIndex(edit);
  await expect(openWeights(folder)).rejects.toMatchObject({
    code: "model-index-invalid",
    message: expect.stringContaining(message) as string,
  });
});

test("a missing shard is named", async () => {
  await rm(join(folder, SHARDS[1]));
  await expect(openWeights(folder)).rejects.toThrow(`There is no safetensors file ${join(folder, SHARDS[1])}`);
});

test("a tensor that two shards hold is refused", async () => {
  await editIndex((map) => (map["model.norm.weight"] = "model-00003-of-00003.safetensors"));
  await cp(join(folder, SHARDS[1]), join(folder, "model-00003-of-00003.safetensors"));
  await expect(openWeights(folder)).rejects.toMatchObject({ code: "model-index-invalid" });
});

test.each(["[]", "{", '{"weight_map": []}', '{"weight_map": {}}'])("an index of %s is refused", async (text) => {
  await writeFile(join(folder, INDEX), text);
  await expect(openWeights(folder)).rejects.toMatchObject({ code: "model-index-invalid" });
});

test("a pickle is refused with the command that converts it", async () => {
  const old = join(folder, "old");
  await mkdir(old);
  await writeFile(join(old, "pytorch_model.bin"), "");
  await expect(openWeights(old)).rejects.toMatchObject({
    code: "model-pickle",
    message: expect.stringContaining("save_pretrained") as string,
  });
});

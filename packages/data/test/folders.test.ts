import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterEach, beforeEach, expect, test } from "vitest";
import { collect, temporaryFolder } from "@uniarm/core/testing";
import { dataFiles } from "../src/files/data-files.ts";
import { readPairs } from "../src/read-pairs.ts";

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterEach(() => remove());

async function put(name: string, prompt: string): Promise<void> {
  const row = { prompt, chosen: "a", rejected: "b" };
  const text = JSON.stringify(row);
  const columnData = Object.entries(row).map(([column, value]) => ({
    name: column,
    data: [value],
    type: "STRING" as const,
  }));
  const bytes = name.endsWith(".parquet")
    ? new Uint8Array(parquetWriteBuffer({ columnData }))
    : name.endsWith(".gz")
      ? gzipSync(text)
      : text;
  await mkdir(dirname(join(folder, name)), { recursive: true });
  await writeFile(join(folder, name), bytes);
}
const promptsIn = async (path: string): Promise<string[]> =>
  (await collect(readPairs(path))).map(({ prompt }) => prompt);

test.each([
  ["data/train-00001-of-00003.parquet", "data/train-00000-of-00003.parquet", "data/train-00002-of-00003.parquet"],
  ["train-00001.jsonl", "train-00000.jsonl", "train-00002.jsonl.gz"],
  ["part-1.jsonl", "part-0.jsonl", "part-2.jsonl"],
  ["default/train/0001.parquet", "default/train/0000.parquet", "default/train/0002.parquet"],
])("shards of one split are read in the order of their names: %s", async (one, zero, two) => {
  await put(one, "1");
  await put(two, "2");
  await put(zero, "0");
  await writeFile(join(folder, "README.md"), "# A dataset");
  await writeFile(join(folder, "dataset_infos.json"), "{}");
  expect(await promptsIn(folder)).toEqual(["0", "1", "2"]);
  const progress: number[] = [];
  await collect(readPairs(folder, { onProgress: (bytes) => progress.push(bytes) }));
  expect((await dataFiles(folder)).every(({ bytes }) => bytes > 0)).toBe(true);
});

test("train and test in one folder are not mixed: they are named, and a pattern takes one", async () => {
  await put("data/train-00000-of-00002.parquet", "0");
  await put("data/train-00001-of-00002.parquet", "1");
  await put("data/test-00000-of-00001.parquet", "2");
  await expect(promptsIn(folder)).rejects.toMatchObject({
    code: "data-splits",
    message:
      `${folder} holds several splits, which are not read as one: ` +
      `test (1: ${folder}/data/test-00000-of-00001.parquet), train (2: ${folder}/data/train-*.parquet). ` +
      `Name one of them, for example ${folder}/data/test-00000-of-00001.parquet`,
  });
  expect(await promptsIn(join(folder, "data/train-*.parquet"))).toEqual(["0", "1"]);
  expect(await promptsIn(join(folder, "*/test-*"))).toEqual(["2"]);
  await expect(promptsIn(join(folder, "data/*.parquet"))).rejects.toThrow("holds several splits");
});

test.each([
  [["train_prefs.jsonl", "train_sft.jsonl"], "train_prefs (1: "],
  [["harmless-base/train.jsonl.gz", "helpful-base/train.jsonl.gz"], "harmless-base/train (1: "],
  [["validation.jsonl", "dev-2.jsonl", "train.csv"], "validation (1: "],
  [["train.jsonl", "more.jsonl"], "other (1: "],
])("%j are several splits", async (names, named) => {
  for (const name of names) await put(name, name);
  await expect(promptsIn(folder)).rejects.toThrow(named);
});

test("the same rows in two forms are not read twice", async () => {
  await put("train.jsonl", "0");
  await put("train.parquet", "0");
  await expect(promptsIn(folder)).rejects.toThrow("holds its rows in several forms, which may be the same rows: ");
});

test("a shard that is missing is named", async () => {
  await put("train-00000-of-00003.jsonl", "0");
  await put("train-00002-of-00003.jsonl", "2");
  await expect(promptsIn(folder)).rejects.toMatchObject({
    code: "data-shard-missing",
    message: expect.stringContaining("has 2 of 3 shards: there is no train-00001-of-00003.jsonl.") as string,
  });
  expect(await promptsIn(join(folder, "train-*"))).toEqual(["0", "2"]);
});

test("a folder without rows and a pattern that nothing fits say so", async () => {
  await expect(promptsIn(folder)).rejects.toThrow(`${folder} cannot be read: it is a folder without files of rows.`);
  await expect(promptsIn(join(folder, "x-*"))).rejects.toThrow(
    `${folder}/x-* cannot be read: no file has such a name.`,
  );
});

import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRandom } from "@uniarm/core";
import { mutatedBytes, mutatedJson, survives, temporaryFolder } from "@uniarm/core/testing";
import { readPairs } from "../src/read-pairs.ts";
import { dataStats } from "../src/stats.ts";

let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterAll(() => remove());

const random = createRandom(2027);
const golden = join(import.meta.dirname, "golden", "datasets");
const FILES = [
  "pku-saferlhf.jsonl",
  "parm-train.json",
  "hh-rlhf.jsonl",
  "ultrafeedback-binarized.jsonl",
  "helpsteer2.jsonl",
];
const texts = FILES.map((file) => readFileSync(join(golden, file), "utf8"));
const rowsOf = (text: string): unknown[] =>
  text.startsWith("[")
    ? (JSON.parse(text) as unknown[])
    : text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown);
const pick = <T>(list: readonly T[]): T => list[random.integer(list.length)]!;

const own = {
  prompt: "a",
  messages: [{ role: "user", content: "a" }],
  responses: ["b", "c"],
  winners: { help: 0, safe: "tie" },
  scores: { help: [1, 0], safe: [2, 2] },
};
async function statsOf(bytes: Uint8Array | string): Promise<unknown> {
  const path = join(folder, "data");
  await writeFile(path, bytes);
  return dataStats(readPairs(path));
}

test("4,000 broken files of rows are read or refused", async () => {
  const make = (index: number): Uint8Array | string => {
    const text = pick(texts);
    if (index % 4 === 0) return mutatedBytes(Buffer.from(text), random);
    const rows = index % 4 === 1 ? [own, own] : rowsOf(text).slice(0, 3);
    const changed = mutatedJson(rows, random);
    if (!Array.isArray(changed)) return JSON.stringify(changed) ?? "";
    if (index % 4 === 3) return JSON.stringify(changed);
    return changed.map((row) => JSON.stringify(row)).join("\n");
  };
  const counts = await survives(4000, make, statsOf);
  expect(counts.read).toBeGreaterThan(300);
  expect(counts.refused).toBeGreaterThan(1000);
});

test("1,000 broken compressed files are read or refused", async () => {
  const packed = [gzipSync(texts[0]!), zstdCompressSync(Buffer.from(texts[0]!))];
  const counts = await survives(1000, () => mutatedBytes(pick(packed), random), statsOf);
  expect(counts.refused).toBeGreaterThan(500);
});

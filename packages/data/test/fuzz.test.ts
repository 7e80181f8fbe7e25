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
const turns = [
  { role: "user", content: "a" },
  { role: "assistant", content: "b" },
];
const others = [
  { role: "user", content: "a" },
  { role: "assistant", content: "c" },
];
/** A sound row of every layout that no golden file has. */
const LAYOUTS: readonly object[] = [
  { prompt: "a", chosen: "b", rejected: "c", score_chosen: 2, score_rejected: 1 },
  { prompt: [turns[0]], chosen: [turns[1]], rejected: [others[1]] },
  { chosen: turns, rejected: others, "chosen-rating": 2, "rejected-rating": 2 },
  { system: "s", question: "a", chosen: "b", rejected: "c" },
  {
    conversations: [{ from: "human", value: "a" }],
    chosen: { from: "gpt", value: "b" },
    rejected: { from: "gpt", value: "c" },
  },
  { prompt: [{ role: "user", content: [{ type: "text", text: "a" }] }], chosen: [turns[1]], rejected: [others[1]] },
  { chosen: "The sky is blue", rejected: "The sky is black" },
  { context: [turns[0]], response1: "b", response2: "c", overall_preference: -1 },
  { prompt: "a", response_1: "b", response_2: "c", preference_strength: 2 },
  {
    prompt: "a",
    response_0: "b",
    response_1: "c",
    better_response_id: true,
    is_response_0_safe: true,
    is_response_1_safe: false,
  },
];
const CSV = 'prompt,chosen,rejected,score_chosen,score_rejected\r\n"a, ""b""\n",c,d,2,1\r\ne,f,g,,\r\n';

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

test("4,000 broken rows of the other layouts are read or refused", async () => {
  const make = (): string => {
    const row = pick(LAYOUTS);
    const changed = mutatedJson([row, row, pick(LAYOUTS)], random);
    if (!Array.isArray(changed)) return JSON.stringify(changed) ?? "";
    return changed.map((one) => JSON.stringify(one)).join("\n");
  };
  const counts = await survives(4000, make, statsOf);
  expect(counts.read).toBeGreaterThan(100); // most are rows of two layouts, or of none
  expect(counts.refused).toBeGreaterThan(1000);
});

test("2,000 broken files of CSV and of UTF-16 are read or refused", async () => {
  const sound = [Buffer.from(CSV), Buffer.from(`\uFEFF${CSV}`, "utf16le"), Buffer.from(texts[0]!, "utf16le")];
  const counts = await survives(2000, () => mutatedBytes(pick(sound), random), statsOf);
  expect(counts.read).toBeGreaterThan(100);
  expect(counts.refused).toBeGreaterThan(300);
});

test("1,000 broken compressed files are read or refused", async () => {
  const packed = [gzipSync(texts[0]!), zstdCompressSync(Buffer.from(texts[0]!))];
  const counts = await survives(1000, () => mutatedBytes(pick(packed), random), statsOf);
  expect(counts.refused).toBeGreaterThan(500);
});

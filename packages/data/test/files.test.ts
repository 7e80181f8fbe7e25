import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterEach, beforeEach, expect, test } from "vitest";
import { collect, temporaryFolder } from "@uniarm/core/testing";
import { readRows } from "../src/files/rows.ts";
import { textRows } from "../src/files/text-rows.ts";
import { readPairs } from "../src/read-pairs.ts";

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterEach(() => remove());

const ROWS = Array.from({ length: 9 }, (_, index) => ({
  prompt: `Grüße "${index}", [ist] {das} \\ gut?`,
  responses: ["a\nb", `]},{${index}`],
  winners: { helpful: index % 2 },
}));
const lines = ROWS.map((row) => JSON.stringify(row)).join("\n");

const valuesIn = async (bytes: string | Uint8Array): Promise<unknown[]> => {
  const path = join(folder, "data");
  await writeFile(path, bytes);
  return (await collect(readRows(path))).map(({ value }) => value);
};

test.each<[string, string | Uint8Array]>([
  ["JSON lines", lines],
  [
    "JSON lines with empty ones, carriage returns and a byte-order mark",
    `\uFEFF${lines.replaceAll("\n", "\r\n\r\n")}\n\n`,
  ],
  ["a JSON array", JSON.stringify(ROWS)],
  ["an indented JSON array", `\n${JSON.stringify(ROWS, null, 2)}\n`],
  ["gzip", gzipSync(lines)],
  ["several gzip members", Buffer.concat([gzipSync(`${lines.slice(0, 50)}`), gzipSync(lines.slice(50))])],
  ["zstd of an array", zstdCompressSync(Buffer.from(JSON.stringify(ROWS)))],
])("%s is read by what it is", async (_name, bytes) => {
  expect(await valuesIn(bytes)).toEqual(ROWS);
});

test.each(["UNCOMPRESSED", "SNAPPY"] as const)("Parquet is read row group by row group, %s", async (codec) => {
  const bytes = parquetWriteBuffer({
    columnData: [
      { name: "prompt", data: ROWS.map(({ prompt }) => prompt), type: "STRING" },
      { name: "better_response_id", data: ROWS.map((_, index) => index), type: "INT32" },
      { name: "responses", data: ROWS.map(({ responses }) => responses), type: "JSON" },
    ],
    codec,
    rowGroupSize: 4,
  });
  const expected = ROWS.map(({ prompt, responses }, index) => ({ prompt, better_response_id: index, responses }));
  expect(await valuesIn(new Uint8Array(bytes))).toEqual(expected);
});

test.each([1, 2, 3, 7, 64])("rows are the same whatever chunks of %i bytes cut", async (size) => {
  for (const text of [lines, JSON.stringify(ROWS, null, 1)]) {
    const bytes = Buffer.from(text);
    async function* chunks(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
    }
    expect((await collect(textRows(chunks(), "x"))).map(({ value }) => value)).toEqual(ROWS);
  }
});

test("a row is named by the line that it begins on", async () => {
  const path = join(folder, "rows.json");
  await writeFile(path, '[\n {"a":\n1},\n\n {"b": 2}, {"c": 3}]');
  expect((await collect(readRows(path))).map(({ where }) => where)).toEqual([2, 5, 5].map((line) => `${path}:${line}`));
});

test.each<[string, string | Uint8Array, string]>([
  ["a line that is not JSON", '{"a":1}\n{"a":', ":2 is not JSON"],
  ["an array that is cut off", '[{"a":1},{"a"', "ends before the array does"],
  ["text after an array", '[{"a":1}]\n{}', ":2 goes on after the array's end"],
  ["damaged gzip", gzipSync(lines).subarray(0, 60), "is damaged (gzip)"],
  ["damaged zstd", zstdCompressSync(Buffer.from(lines)).subarray(0, 40), "is damaged (zstd)"],
  ["damaged Parquet", Buffer.from("PAR1 is not all of it"), "is not a valid Parquet file"],
  ["a row without an end", `{"a": "${"x".repeat(17 * 1024 * 1024)}`, "begins a row of more than"],
])("%s is refused with its place", async (_name, bytes, message) => {
  await expect(valuesIn(bytes)).rejects.toThrow(message);
  await expect(valuesIn(bytes)).rejects.toMatchObject({ name: "UniArmError" });
});

test("a file that is not there, and a folder, say so", async () => {
  await expect(collect(readPairs(join(folder, "nowhere")))).rejects.toThrow("there is no such file");
  await expect(collect(readPairs(folder))).rejects.toThrow("it is a folder");
});

test("a row of the wrong shape names its line and what is wrong", async () => {
  const path = join(folder, "pairs.jsonl");
  await writeFile(path, `${lines}\n${JSON.stringify({ ...ROWS[0], winners: { helpful: 3 } })}`);
  await expect(collect(readPairs(path))).rejects.toThrow(`${path}:10 is not a row of format uniarm: winners.helpful`);
  expect(await readFile(path, "utf8")).toContain("helpful");
});

test("rows that make no pair are told with the reason", async () => {
  const path = join(folder, "hh.jsonl");
  const rows = [
    { chosen: "\n\nHuman: A?\n\nAssistant: B", rejected: "\n\nHuman: A?\n\nAssistant: C" },
    { chosen: "\n\nHuman: A?\n\nAssistant: B", rejected: "\n\nHuman: X?\n\nAssistant: C" },
    { chosen: "no turns", rejected: "no turns" },
  ];
  await writeFile(path, rows.map((row) => JSON.stringify(row)).join("\n"));
  const skipped: string[] = [];
  const pairs = await collect(
    readPairs(path, { onSkipped: (where, why) => skipped.push(`${where.slice(-2)} ${why}`) }),
  );
  expect(pairs).toHaveLength(1);
  expect(skipped).toEqual([":2 the transcripts differ before the last answer", ":3 chosen has no Assistant turn"]);
});

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { collect, temporaryFolder } from "@uniarm/core/testing";
import { readRows } from "../src/files/rows.ts";
import { readPairs } from "../src/read-pairs.ts";

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterEach(() => remove());

const written = async (bytes: string | Uint8Array): Promise<string> => {
  const path = join(folder, "data");
  await writeFile(path, bytes);
  return path;
};
const ROW = { prompt: "p ä", response_0: "a", response_1: "b", better_response_id: 0, safer_response_id: 1 };
const PAIR = { prompt: "p ä", responses: ["a", "b"], winners: { help: 0, safe: 1 } };
const line = `${JSON.stringify(ROW)}\r\n`;
const HEADER = "prompt,response_0,response_1,better_response_id,safer_response_id";

test.each<[string, string | Uint8Array]>([
  ["UTF-16 lines", Buffer.from(`\uFEFF${line}`, "utf16le")],
  ["UTF-16 lines without a mark", Buffer.from(line, "utf16le")],
  ["UTF-16 lines in gzip", gzipSync(Buffer.from(`\uFEFF${line}`, "utf16le").swap16())],
  ["CSV", `${HEADER}\np ä,a,b,0,1\n`],
  ["CSV of Windows", `\uFEFF${HEADER}\r\n"p ä",a,"b",0,1\r\n\r\n`],
  ["CSV with truth values", `${HEADER}\np ä,a,b,False,True`],
  ["CSV with semicolons", `${HEADER.replaceAll(",", ";")}\np ä;a;b;0;1\n`],
  ["tabs", `${HEADER.replaceAll(",", "\t")}\np ä\ta\tb\t0\t1\n`],
  ["CSV with pandas' index", `,${HEADER}\n0,p ä,a,b,0,1\n`],
  ["CSV in zstd and UTF-16", zstdCompressSync(Buffer.from(`\uFEFF${HEADER}\np ä,a,b,0,1\n`, "utf16le"))],
])("%s is read", async (_, bytes) => {
  expect(await collect(readPairs(await written(bytes)))).toEqual([PAIR]);
});

test("CSV holds quotes, delimiters and line ends, and rows are named by their line", async () => {
  const path = await written('a,b\r\n"x ""y"", \nz",1\r\n,"é"\n\nplain "q",\n');
  const rows = await collect(readRows(path));
  expect(rows.map(({ value }) => value)).toEqual([
    { a: 'x "y", \nz', b: "1" },
    { a: "", b: "é" },
    { a: 'plain "q"', b: "" },
  ]);
  expect(rows.map(({ where }) => where)).toEqual([2, 4, 6].map((number) => `${path}:${number}`));
});

test("CSV is typed by its format: texts stay texts, scores become numbers, messages are JSON", async () => {
  const head = "prompt,chosen,rejected,score_chosen,score_rejected\n";
  expect(await collect(readPairs(await written(`${head}1,2,3,4.5,-1e0\n7,8,9,,\n`)))).toEqual([
    { prompt: "1", responses: ["2", "3"], winners: { preferred: 0 }, scores: { preferred: [4.5, -1] } },
    { prompt: "7", responses: ["8", "9"], winners: { preferred: 0 } },
  ]);
  const turns = JSON.stringify([{ role: "assistant", content: "a" }]).replaceAll('"', '""');
  const [pair] = await collect(readPairs(await written(`prompt,chosen,rejected\nq,"${turns}","${turns}"\n`)));
  expect(pair).toMatchObject({ messages: [{ role: "user", content: "q" }], responses: ["a", "a"] });
});

test.each<[string, string, string]>([
  ["a row of other length", "prompt,chosen,rejected\nq,a,b\nq,a,b,c\n", ":3 has 4 fields and the header 3. In CSV,"],
  [
    "a quote without an end",
    'prompt,chosen,rejected\nq,a,"b\nq,a,b\n',
    ":2 begins a quoted field that has no end. In CSV,",
  ],
  [
    "text after a quote",
    'prompt,chosen,rejected\n"q"x,a,b\n',
    ":2 has text after the quote that closes a field. In CSV,",
  ],
  ["a column twice", "a,a\n1,2\n", ':1 names the column "a" twice.'],
  [
    "a score that is none",
    "prompt,chosen,rejected,score_chosen,score_rejected\nq,a,b,N/A,1\n",
    ':2 is not a row of format trl: score_chosen: expected a number, got "N/A"',
  ],
  [
    "Python's lists",
    `prompt,chosen,rejected\nq,"[{'role': 'assistant', 'content': 'a'}]",b\n`,
    ":2 has messages as Python prints them, which CSV cannot hold.",
  ],
])("CSV with %s is refused by its line", async (_, text, sentence) => {
  const path = await written(text);
  await expect(collect(readPairs(path))).rejects.toThrow(`${path}${sentence}`);
});

test("bytes that are no UTF-8 are refused by their line", async () => {
  const path = await written(Buffer.from(`${line}{"prompt": "\xe4"}\n`, "latin1").subarray(0));
  await expect(collect(readRows(path))).rejects.toThrow(
    /:\d is not UTF-8 text\. If it was saved by a program of Windows/,
  );
  const csv = await written(Buffer.from("a,b\n1,2\n\xe4,3\n", "latin1"));
  await expect(collect(readRows(csv))).rejects.toThrow(`${csv}:3 is not UTF-8 text.`);
});

const ascii = (text: string): number[] => [...Buffer.from(text, "latin1")];
test.each<[string, number[], string]>([
  ["xz", [0xfd, ...ascii("7zXZ"), 0], 'xz -dk "PATH"'],
  ["bzip2", ascii("BZh91AY"), 'bzip2 -dk "PATH"'],
  ["zip", [...ascii("PK"), 3, 4], 'unzip "PATH"'],
  ["7z", [...ascii("7z"), 0xbc, 0xaf, 0x27, 0x1c], '7z x "PATH"'],
  ["lz4", [0x04, 0x22, 0x4d, 0x18], 'lz4 -dk "PATH"'],
  ["Arrow", ascii("ARROW1"), "p.read_feather('PATH').to_parquet('rows.parquet')"],
  ["Arrow (stream)", [255, 255, 255, 255, 0x10], "d.Dataset.from_file('PATH').to_parquet('rows.parquet')"],
  ["tar", [...ascii("train.jsonl"), ...new Array<number>(246).fill(0), ...ascii("ustar")], 'tar -xf "PATH"'],
  ["SQLite", ascii("SQLite format 3"), 'sqlite3 -json "PATH"'],
  ["a Git LFS pointer, not the file itself", ascii("version https://git-lfs.github.com/spec/v1\n"), "git lfs pull"],
])("%s is refused by its name, with the command that converts it", async (name, bytes, command) => {
  const path = await written(Uint8Array.from(bytes));
  await expect(collect(readPairs(path))).rejects.toMatchObject({
    code: "data-container",
    message: expect.stringContaining(`${path} is ${name}, which is not read. Make rows of it: `) as string,
  });
  await expect(collect(readPairs(path))).rejects.toThrow(command.replace("PATH", path));
});

test("a tar inside gzip, and a web page that was saved in place of a file, are refused by their names", async () => {
  const tar = Buffer.alloc(1024);
  tar.write("train.jsonl", 0, "latin1");
  tar.write("ustar", 257, "latin1");
  await expect(collect(readPairs(await written(gzipSync(tar))))).rejects.toThrow("is tar, which is not read.");
  const page = await written("<!DOCTYPE html><html>Sign in</html>");
  await expect(collect(readPairs(page))).rejects.toThrow(`${page} is a web page, not data`);
});

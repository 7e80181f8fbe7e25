import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readText, utf8Chunks } from "../../src/files/read-text.ts";
import { decodeText } from "../../src/schema/decode-text.ts";
import { temporaryFolder } from "../../src/testing/temporary-folder.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

const TEXT = '{"text": "Grüße, 你好 🙂"}\n';
const bigEndian = (text: string): Buffer => Buffer.from(text, "utf16le").swap16();
const ENCODINGS: [string, Buffer][] = [
  ["UTF-8", Buffer.from(TEXT)],
  ["UTF-8 with a mark", Buffer.from(`\uFEFF${TEXT}`)],
  ["UTF-16", Buffer.from(`\uFEFF${TEXT}`, "utf16le")],
  ["UTF-16 without a mark", Buffer.from(TEXT, "utf16le")],
  ["UTF-16 of the other order", bigEndian(`\uFEFF${TEXT}`)],
  ["UTF-16 of the other order, without a mark", bigEndian(TEXT)],
];

test.each(ENCODINGS)("%s is one text", async (_, bytes) => {
  const path = join(folder.path, "text");
  await writeFile(path, bytes);
  expect(await readText(path)).toBe(TEXT);
});

test.each(ENCODINGS)("%s in chunks of any size is that text", async (_, bytes) => {
  for (const size of [1, 2, 3, 7, 1000]) {
    async function* chunks(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
    }
    const parts: Buffer[] = [];
    for await (const chunk of utf8Chunks(chunks(), "x")) parts.push(Buffer.from(chunk));
    expect(Buffer.concat(parts).toString("utf8")).toBe(TEXT);
  }
});

test("a mark inside a text is a character, and short texts are texts", () => {
  expect(decodeText(Buffer.from("a\uFEFFb"), "x")).toBe("a\uFEFFb");
  for (const text of ["", "a", "é", "\uFEFF"])
    expect(decodeText(Buffer.from(text), "x")).toBe(text.replace("\uFEFF", ""));
});

test("what is no text is refused by its line, not read with other characters", () => {
  expect(() => decodeText(Buffer.from("a\nb\nGr\xfc\xdfe", "latin1"), "notes.json")).toThrow(
    expect.objectContaining({
      code: "text-encoding",
      message:
        "notes.json:3 is not UTF-8 text. If it was saved by a program of Windows, save it as UTF-8, or convert it: " +
        "iconv -f WINDOWS-1252 -t UTF-8 old-file > new-file",
    }),
  );
  const lonely = Buffer.from([0xff, 0xfe, 0x61, 0, 0x00, 0xd8]); // half of a pair
  expect(() => decodeText(lonely, "notes.json")).toThrow("notes.json is not UTF-16LE text.");
});

test.each([
  ["gzip", [0x1f, 0x8b, 8, 0], 'gzip -dk "prompts.jsonl"'],
  ["Parquet", [0x50, 0x41, 0x52, 0x31], 'uniarm data convert "prompts.jsonl" --output pairs.jsonl'],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], 'xz -dk "prompts.jsonl"'],
])("%s where a text is read is told by its name", (name, bytes, command) => {
  expect(() => decodeText(Uint8Array.from(bytes), "prompts.jsonl")).toThrow(
    `prompts.jsonl is ${name}, and a text is read here. Unpack it: ${command}`,
  );
});

test.each([[[0xff, 0xfe, 0, 0, 0x7b, 0, 0, 0]], [[0, 0, 0xfe, 0xff, 0, 0, 0, 0x7b]], [[0x7b, 0, 0, 0]]])(
  "UTF-32 is refused by its name: %j",
  (bytes) => {
    expect(() => decodeText(Uint8Array.from(bytes), "notes.json")).toThrow(
      'notes.json is UTF-32 text, which is not read. Save it as UTF-8: iconv -f UTF-32 -t UTF-8 "notes.json" > utf8-file',
    );
  },
);

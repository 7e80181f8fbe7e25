import { appendFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { cutPartialLine, readJsonLines, writeJsonLines } from "../../src/text/json-lines.ts";
import { temporaryFolder } from "../../src/testing/temporary-folder.ts";

const Row = z.object({ text: z.string() });

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let path: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  path = join(folder.path, "rows.jsonl");
});
afterEach(() => folder.remove());

test("rows are read as they were written, however long and whatever line separators their texts hold", async () => {
  const rows = [
    { text: "a\u2028b\u2029c\r\n\u0085d" },
    { text: "" },
    { text: `x${"é".repeat(2_000_000)}` }, // over several chunks, which cut characters
    { text: "last" },
  ];
  await writeJsonLines(path, rows);
  expect(await readJsonLines(path, Row)).toEqual(rows);
  expect((await readFile(path, "utf8")).split("\n")).toHaveLength(rows.length + 1);
  expect(await readdir(folder.path)).toEqual(["rows.jsonl"]);
});

test("empty lines, carriage returns and a last line without an end are read", async () => {
  await writeFile(path, '{"text":"a"}\r\n\n  \n{"text":"b"}');
  expect(await readJsonLines(path, Row)).toEqual([{ text: "a" }, { text: "b" }]);
  await writeJsonLines(path, []);
  expect(await readJsonLines(path, Row)).toEqual([]);
});

test.each([
  ['{"text":', ":3 is not JSON: ", "Each line must be one JSON value."],
  ['{"text":1}', ":3 is not what it should be: text: ", "Correct that line."],
])("the line %s is refused by file and number", async (line, ...parts) => {
  await writeFile(path, `{"text":"a"}\n\n${line}\n`);
  const error = await readJsonLines(path, Row).catch((cause: unknown) => cause as Error);
  expect(error).toMatchObject({ code: "json-lines-invalid" });
  for (const part of parts) expect((error as Error).message).toContain(part);
});

test.each<[string, (text: string) => Buffer]>([
  ["a byte-order mark", (text) => Buffer.from(`\uFEFF${text}`)],
  ["UTF-16, as PowerShell writes it", (text) => Buffer.from(`\uFEFF${text}`, "utf16le")],
])("a file with %s is read", async (_, encoded) => {
  await writeFile(path, encoded('{"text":"ä"}\r\n\r\n{"text":"\u2028"}\r\n'));
  expect(await readJsonLines(path, Row)).toEqual([{ text: "ä" }, { text: "\u2028" }]);
});

test("a line that is no UTF-8 is refused by its number", async () => {
  await writeFile(path, Buffer.from('{"text":"a"}\n{"text":"\xe4"}\n', "latin1"));
  await expect(readJsonLines(path, Row)).rejects.toThrow(`${path}:2 is not UTF-8 text.`);
});

test("a file that is not there is refused", async () => {
  await expect(readJsonLines(path, Row)).rejects.toMatchObject({
    code: "json-lines-missing",
    message: `${path} cannot be read: there is no such file. It should be a file with one JSON value a line.`,
  });
});

test("a defect of a schema is not taken for a fault of the file", async () => {
  await writeFile(path, '{"text":"a"}\n');
  const broken = Row.transform(() => {
    throw new RangeError("a defect");
  });
  await expect(readJsonLines(path, broken)).rejects.toThrow(RangeError);
});

test("a reader that can do without the rest gets the rows before a damaged line", async () => {
  await writeFile(path, '{"text":"a"}\n{"te\n{"text":"b"}\n');
  const told: string[] = [];
  const rows = await readJsonLines(path, Row, { onDamage: ({ message }) => told.push(message) });
  expect(rows).toEqual([{ text: "a" }]);
  expect(told).toEqual([expect.stringContaining(`${path}:2 is not JSON`)]);
});

test.each([0, 1, 70_000, 3_000_000])(
  "a last line cut after %i characters is removed, and only that",
  async (length) => {
    await writeFile(path, '{"text":"a"}\n{"text":"b"}\n');
    await appendFile(path, "x".repeat(length));
    await cutPartialLine(path);
    expect(await readFile(path, "utf8")).toBe('{"text":"a"}\n{"text":"b"}\n');
  },
);

test("a file of nothing but a cut line becomes empty", async () => {
  await writeFile(path, "x".repeat(2_500_000));
  await cutPartialLine(path);
  expect(await readFile(path, "utf8")).toBe("");
});

import { describe, expect, test } from "vitest";
import { previewKindOf } from "../src/pages/run/preview/preview-kind.ts";
import { textOf } from "../src/pages/run/preview/read-part.ts";
import { MOST_ROWS, prettyJson, tableOfCsv, tableOfLines } from "../src/pages/run/preview/tables.ts";

test.each([
  ["output/generations.jsonl", "lines"],
  ["a.JSON", "json"],
  ["figure.svg", "text"], // never drawn
  ["page.html", "text"],
  ["plot.png", "image"],
  ["t.tsv", "csv"],
  ["adapter.safetensors", null],
  ["README", null],
  ["x.constructor", null],
])("%s is shown as %s", (path, kind) => {
  expect(previewKindOf(path)).toBe(kind);
});

describe("JSON lines as a table", () => {
  test("have a column for each field that comes up, and numbers as the file has them", () => {
    const text = '{"id":12345678901234567890,"v":0.10}\n{"v":[1.0,2],"extra":null}\n7\n\n"text"\n';
    expect(tableOfLines(text, false)).toEqual({
      table: {
        columns: ["id", "v", "extra", "value"],
        rows: [
          ["12345678901234567890", "0.10", null, null],
          [null, "[1.0,2]", "null", null],
          [null, null, null, "7"],
          [null, null, null, "text"],
        ],
      },
      notes: [],
    });
  });

  test("that cannot be read are shown as they are, and said; the last line of a file that is cut is left out", () => {
    const { table, notes } = tableOfLines('{"a":1}\nnope\n{"a":', true);
    expect(table.rows).toEqual([
      ["1", null],
      [null, "nope"],
    ]);
    expect(notes).toEqual(["Line 2 is no JSON."]);
  });

  test("that are too many are said to be", () => {
    const { table, notes } = tableOfLines('{"__proto__":1}\n'.repeat(MOST_ROWS + 1), false);
    expect(table.rows).toHaveLength(MOST_ROWS);
    expect(table.columns).toEqual(["__proto__"]);
    expect(notes).toEqual(["The first 1,000 rows are shown."]);
  });
});

test("CSV is a table: quotes, line breaks in cells, rows of other lengths, two columns of one name", async () => {
  const text = '\uFEFFa,a,c\r\n"1,5","x\r\ny",3\r\n2\r\n';
  expect(await tableOfCsv(text, false, ",")).toEqual({
    table: {
      columns: ["a", "a", "c"],
      rows: [
        ["1,5", "x\ny", "3"],
        ["2", "", ""],
      ],
    },
    notes: [],
  });
  expect((await tableOfCsv("a\tb\n1\t2\n3", true, "\t")).table.rows).toEqual([["1", "2"]]);
});

test("JSON is laid out with its numbers as they are; what is none is shown as it is, and said", () => {
  expect(prettyJson('{"a":1e400,"b":[0.10]}', false).text).toBe('{\n  "a": 1e400,\n  "b": [\n    0.10\n  ]\n}');
  const broken = prettyJson("{oops", false);
  expect(broken.text).toBe("{oops");
  expect(broken.notes[0]).toMatch(/^It is no JSON \(.*\), so it is shown as it is\.$/);
});

test("bytes that are no text are not shown as if they were; a letter that is cut at the end is no fault", () => {
  const bytes = (...numbers: number[]) => new Uint8Array(numbers);
  expect(textOf({ bytes: bytes(65, 0, 66), isCut: false })).toBeNull();
  expect(textOf({ bytes: bytes(0xff, 0xfe), isCut: false })).toBeNull();
  expect(textOf({ bytes: bytes(65, 0xc3), isCut: true })).toBe("A");
  expect(textOf({ bytes: bytes(65, 0xc3), isCut: false })).toBeNull();
});

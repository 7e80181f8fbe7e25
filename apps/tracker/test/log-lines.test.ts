import { describe, expect, test } from "vitest";
import { linesWith, logLines } from "../src/pages/run/log-lines.ts";
import { textOf, type Piece } from "../src/terminal/line.ts";

const ESC = String.fromCharCode(27);
const BEL = String.fromCharCode(7);

const written = (...texts: readonly string[]) =>
  logLines(
    texts.map((text, index) => ({ attempt: 1, sequence: index + 1, stream: "stdout", time: `t${index}`, text })),
  );
const textsOf = (...texts: readonly string[]): string[] => written(...texts).map(textOf);
const pieces = (...texts: readonly string[]): Piece[] => written(...texts).flatMap((line) => line.pieces);

describe("what a program writes is shown as a terminal shows it", () => {
  test("a progress bar of 51 writes is one line, as it was last", () => {
    const bar = Array.from({ length: 51 }, (_, done) => `\r${"#".repeat(done)}${".".repeat(50 - done)} ${done}/50`);
    expect(textsOf(...bar)).toEqual([`${"#".repeat(50)} 50/50`]);
    expect(textsOf(...bar, "\nnext\n")).toEqual([`${"#".repeat(50)} 50/50`, "next"]);
  });

  test("a line that came in several writes is one, and is found over the seam", () => {
    const lines = written("the lo", "ss is 0.", "5\nthe next");
    expect(lines.map(textOf)).toEqual(["the loss is 0.5", "the next"]);
    expect(linesWith(lines, "LOSS IS 0.5").map(textOf)).toEqual(["the loss is 0.5"]);
    expect(lines[0]!.time).toBe("t0");
  });

  test("a search passes over colours", () => {
    expect(linesWith(written(`a ${ESC}[31mred${ESC}[0mdish line\n`), "reddish").length).toBe(1);
  });

  test("streams and attempts that write at once have lines of their own, in the order in which they began", () => {
    const piece = (stream: string, attempt: number, text: string) => ({ attempt, sequence: 1, stream, time: "", text });
    const lines = logLines([
      piece("stdout", 1, "10 %"),
      piece("stderr", 1, "warning: "),
      piece("stdout", 1, "\r20 %\n"),
      piece("stderr", 1, "hot\n"),
      piece("stdout", 2, "again"),
    ]);
    expect(lines.map((line) => `${line.attempt} ${line.stream} ${textOf(line)}`)).toEqual([
      "1 stdout 20 %",
      "1 stderr warning: hot",
      "2 stdout again",
    ]);
  });

  test.each([
    ["a shorter text over a longer one", ["100 %\r9"], ["900 %"]],
    ["erased to the end", [`100 %\r9${ESC}[K`], ["9"]],
    ["erased as a whole", [`old${ESC}[2K\rnew`], ["new"]],
    ["backspaces", ["ab\b\bcd"], ["cd"]],
    ["cursor moves", [`abc${ESC}[2DX${ESC}[1GY`], ["YXc"]],
    ["empty lines", ["a\n\nb"], ["a", "", "b"]],
    ["line ends of Windows, also in two writes", ["a\r\nb\r", "\nc"], ["a", "b", "c"]],
    ["bars below each other", [`1: 0\n2: 0\n${ESC}[2A\r1: 9\n2: 8\n`], ["1: 9", "2: 8"]],
    ["what lies outside of the basic plane", ["🙂🙂🙂\r✓"], ["✓🙂🙂"]],
    ["sequences that say something else", [`${ESC}[?25l${ESC}(B${ESC}]0;title${BEL}gone${ESC}=`], ["gone"]],
    ["sequences in two writes", [`a${ESC}`, "[3", "1mred"], ["ared"]],
    ["a sequence that never ends", [`a${ESC}]8;;http://x\nb`], ["a", "b"]],
  ])("%s", (_, texts, expected) => {
    expect(textsOf(...texts)).toEqual(expected);
  });
});

describe("colours and links", () => {
  test.each([
    ["31", { fore: { index: 1 } }],
    ["1;91", { bold: true, fore: { index: 9 } }],
    ["38;5;1", { fore: { index: 1 } }],
    ["38;5;208", { fore: { rgb: [255, 135, 0] } }],
    ["38;5;240", { fore: { rgb: [88, 88, 88] } }],
    ["38;2;0;4;1", { fore: { rgb: [0, 4, 1] } }],
    ["38:2::10:20:30", { fore: { rgb: [10, 20, 30] } }],
    ["48;5;4;97", { back: { index: 4 }, fore: { index: 15 } }],
    ["4:0", {}],
    ["38;5", {}],
    ["38;2;300;0;0", {}],
  ])("%s", (parameters, style) => {
    expect(pieces(`${ESC}[${parameters}mx`)).toEqual([{ text: "x", style }]);
  });

  test("go on over lines until they are taken back", () => {
    expect(pieces(`${ESC}[1;32ma\nb${ESC}[22mc${ESC}[md`).map(({ text, style }) => [text, style])).toEqual([
      ["a", { bold: true, fore: { index: 2 } }],
      ["b", { bold: true, fore: { index: 2 } }],
      ["c", { fore: { index: 2 } }],
      ["d", {}],
    ]);
  });

  test("of a text that is written over go with it", () => {
    expect(pieces(`${ESC}[31mabcd\r${ESC}[0mX`).map(({ text, style }) => [text, style])).toEqual([
      ["X", {}],
      ["bcd", { fore: { index: 1 } }],
    ]);
  });

  test.each([BEL, `${ESC}\\`])("a link is its text, and leads to web pages only", (end) => {
    const link = (address: string): string => `${ESC}]8;id=1;${address}${end}here${ESC}]8;;${end} more`;
    expect(pieces(link("https://example.org/a;b"))).toEqual([
      { text: "here", style: { link: "https://example.org/a;b" } },
      { text: " more", style: {} },
    ]);
    expect(
      pieces(link("javascript:alert(1)"))
        .map(({ text }) => text)
        .join(""),
    ).toBe("here more");
    expect(pieces(link("javascript:alert(1)")).some(({ style }) => style.link !== undefined)).toBe(false);
  });
});

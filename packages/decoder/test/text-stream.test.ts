import { byteTokenizer } from "@uniarm/core/testing";
import { expect, test } from "vitest";
import { textStream } from "../src/text-stream.ts";

const tokenizer = byteTokenizer(); // a token a byte

function pieces(text: string): { told: string[]; rest: string; whole: string } {
  const stream = textStream(tokenizer);
  const told = tokenizer.encode(text).map((id) => stream.add(id));
  return { told, rest: stream.rest(), whole: stream.text() };
}

test.each([
  "plain words, and more of them.",
  "é, 漢字 and 👩‍👩‍👧 together",
  "  white space \n around  ",
  "He said ' so ' , did n't he ? I 've 're 'm 's no now",
  "an end that is held back '",
])("the pieces of %j make what decoding the whole makes", (text) => {
  const { told, rest, whole } = pieces(text);
  expect(told.join("") + rest).toBe(whole);
  expect(whole).toBe(text.trim());
});

test("a character comes when its last byte is there", () => {
  expect(pieces("a漢b").told).toEqual(["a", "", "", "漢", "b"]);
});

test("bytes that are no character come as soon as what follows shows it", () => {
  const stream = textStream(tokenizer);
  const told = [0x61, 0xe6, 0xbc, 0x62].map((byte) => stream.add(byte));
  expect(told).toEqual(["a", "", "", "\uFFFDb"]);
});

test("special tokens are not part of the text", () => {
  const stream = textStream(tokenizer);
  expect([...tokenizer.encode("hi"), tokenizer.eosTokenId!].map((id) => stream.add(id))).toEqual(["h", "i", ""]);
});

test("another token reads as it would follow", () => {
  const stream = textStream(tokenizer);
  for (const id of tokenizer.encode("a")) stream.add(id);
  expect(stream.readingOf(tokenizer.encode(" ")[0]!)).toBe(" ");
  expect(stream.readingOf(tokenizer.eosTokenId!)).toBe("</s>");
});

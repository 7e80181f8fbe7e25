import { createRandom } from "@uniarm/core";
import { byteTokenizer } from "@uniarm/core/testing";
import { expect, test } from "vitest";
import { stopCheck, textBeforeStop, withoutStopStart } from "../src/stop-text.ts";
import { textStream } from "../src/text-stream.ts";

const tokenizer = byteTokenizer(); // a token a byte
const encode = (text: string): number[] => [...tokenizer.encode(text)];

/** The text that a response of these tokens has, told token by token and as a whole. */
function streamed(text: string, stop: string[]): { told: string[]; text: string; tokens: number } {
  const stream = textStream(tokenizer, stop);
  const told: string[] = [];
  for (const id of encode(text)) {
    told.push(stream.add(id));
    if (stream.isStopped()) break;
  }
  const tokens = told.length;
  told.push(stream.rest());
  return { told, text: stream.text(), tokens };
}

test.each([
  ["one two END three", ["END"], "one two", 11],
  ["aab", ["ab"], "a", 3],
  ["abcd", ["cd", "bc"], "a", 3], // the one that is there first
  ["héé, yes", ["é,"], "hé", 6], // across a character of two bytes
  ["a\n\nb", ["\n"], "a", 2], // white space that would be trimmed
  ["\nab", ["\nab"], "", 3],
  [" x", [" x"], "", 2],
  ["do n't stop", ["n't"], "do", 6],
  ["nothing here", ["END"], "nothing here", 12],
  ["it ends in EN", ["END"], "it ends in EN", 13],
])("%j with stop %j is %j", (text, stop, expected, tokens) => {
  const found = streamed(text, stop);
  expect(found.text).toBe(expected);
  expect(found.told.join("")).toBe(expected);
  expect(found.tokens).toBe(tokens);
});

test("of several stop strings that one token brings, the one that begins first cuts", () => {
  const ids = encode("one STOP two");
  expect(textBeforeStop(tokenizer, ids, ["two", "STOP", "OP"])).toEqual({ text: "one ", isStopped: true });
});

test("special tokens are no text", () => {
  const ids = [...encode("a"), tokenizer.eosTokenId!];
  expect(stopCheck(tokenizer, ["</s>"])(ids)).toBe(false);
  expect(stopCheck(tokenizer, ["a"])(ids)).toBe(true);
});

test("nothing that may begin a stop string is told before it is known", () => {
  expect(streamed("a<en<end>", ["<end>"]).told).toEqual(["a", "", "", "", "<en", "", "", "", "", ""]);
  expect(withoutStopStart("abab", ["abc", "ba"])).toBe("ab");
  expect(withoutStopStart("abc", ["xyz"])).toBe("abc");
});

test("what is told never holds a part of a stop string that comes, in random texts", () => {
  const random = createRandom(3);
  const draw = (alphabet: readonly string[], length: number): string =>
    Array.from({ length }, () => alphabet[random.integer(alphabet.length)]).join("");
  const alphabet = ["a", "b", "a", " ", "é", "'", "\n", "n", "t"];
  let stopped = 0;
  for (let round = 0; round < 400; round += 1) {
    const stop = Array.from({ length: 1 + random.integer(2) }, () => draw(alphabet, 1 + random.integer(4)));
    const text = draw(alphabet, 20);
    const found = streamed(text, stop);
    expect(found.told.join(""), JSON.stringify({ text, stop })).toBe(found.text);
    const whole = textBeforeStop(tokenizer, encode(text).slice(0, found.tokens), stop);
    expect(found.text).toBe(whole.text.trim());
    stopped += Number(whole.isStopped);
  }
  expect(stopped).toBeGreaterThan(100);
});

test("stop strings need a tokenizer; without them none is needed", () => {
  expect(() => stopCheck(undefined, ["x"])).toThrow("leave out stop");
  expect(stopCheck(undefined, [])([1])).toBe(false);
});

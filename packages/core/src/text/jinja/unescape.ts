import { fail } from "./values.ts";

const SIMPLE: Record<string, string> = {
  "\n": "", // a line that goes on
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};
const ESCAPE = /\\(?:([0-7]{1,3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([\s\S]))/gu;

/** The text of a string as it is written, quotes and all; escapes are Python's. */
export function unescape(written: string): string {
  return written
    .slice(1, -1)
    .replace(ESCAPE, (whole: string, octal?: string, x?: string, u?: string, U?: string, one?: string) => {
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      const hex = x ?? u ?? U;
      if (hex !== undefined) {
        const code = Number.parseInt(hex, 16);
        return code <= 0x10ffff ? String.fromCodePoint(code) : fail(`${whole} is no character`);
      }
      if (/[xuUN]/.test(one!)) fail(`${whole} begins an escape that is not complete`);
      return SIMPLE[one!] ?? whole; // an escape that Python does not know stays as it is
    });
}

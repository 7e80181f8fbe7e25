import { randomBytes } from "node:crypto";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"; // no i, l, o, u: what is read aloud is typed right

/** 12 random letters and digits, 60 bits: short enough for a command line and a URL. */
export function newId(): string {
  return Array.from(randomBytes(12), (byte) => ALPHABET[byte % 32]).join("");
}

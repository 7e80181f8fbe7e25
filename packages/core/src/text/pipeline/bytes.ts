const isPrintable = (byte: number): boolean =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;

/** GPT-2's character for each byte: itself where it is printable, else the next from U+0100 on. */
export const BYTE_CHARACTERS: readonly string[] = (() => {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isPrintable(byte) ? byte : next++));
})();

export const BYTE_OF: ReadonlyMap<string, number> = new Map(
  BYTE_CHARACTERS.map((character, byte) => [character, byte]),
);

/** Bytes as text; what is no UTF-8 becomes U+FFFD, and a byte-order mark stays. */
export const textOfBytes = (bytes: readonly number[]): string => decoder.decode(Uint8Array.from(bytes));
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The same, or null when it is no UTF-8. */
export function strictTextOfBytes(bytes: readonly number[]): string | null {
  try {
    return strict.decode(Uint8Array.from(bytes));
  } catch {
    return null;
  }
}
const strict = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

import { UniArmError } from "./error.ts";
import { refusePacked } from "./packed.ts";

export type TextEncoding = "utf-8" | "utf-16le" | "utf-16be";

/** How a text is encoded, and how many bytes its byte-order mark takes: Windows writes one, and PowerShell writes UTF-16. */
export interface TextStart {
  encoding: TextEncoding;
  markBytes: number;
}

/** Bytes that `textStart` looks at. */
export const TEXT_START_BYTES = 8;

/**
 * The encoding that the first bytes of a text say. Without a mark, UTF-16 is known by the zero that every second byte of
 * plain letters is.
 * @throws UniArmError text-encoding for UTF-32, which is not read; text-packed for what is no text but packed
 */
export function textStart(bytes: Uint8Array, path: string): TextStart {
  refusePacked(bytes, path);
  const [one = 1, two = 1, three = 1, four = 1] = bytes;
  const isWide = two === 0 && three === 0 && four === 0 && one !== 0; // "{" of UTF-32 without a mark
  const isMarked = one === 0xff && two === 0xfe && three === 0 && four === 0;
  if (isWide || isMarked || (one === 0 && two === 0 && three === 0xfe && four === 0xff))
    throw new UniArmError(
      "text-encoding",
      `${path} is UTF-32 text, which is not read. Save it as UTF-8: iconv -f UTF-32 -t UTF-8 "${path}" > utf8-file`,
    );
  if (one === 0xef && two === 0xbb && three === 0xbf) return { encoding: "utf-8", markBytes: 3 };
  if (one === 0xff && two === 0xfe) return { encoding: "utf-16le", markBytes: 2 };
  if (one === 0xfe && two === 0xff) return { encoding: "utf-16be", markBytes: 2 };
  if (one !== 0 && two === 0) return { encoding: "utf-16le", markBytes: 0 };
  if (one === 0 && two !== 0 && bytes.length > 1) return { encoding: "utf-16be", markBytes: 0 };
  return { encoding: "utf-8", markBytes: 0 };
}

/**
 * The text of a file that people made: UTF-8 or UTF-16, without its byte-order mark. Bytes that are no text are refused,
 * since a decoder would put other characters in their place.
 * @throws UniArmError text-encoding, with the line; text-packed
 */
export function decodeText(bytes: Uint8Array, path: string): string {
  const { encoding, markBytes } = textStart(bytes.subarray(0, TEXT_START_BYTES), path);
  const body = bytes.subarray(markBytes);
  try {
    return decoderOf(encoding).decode(body);
  } catch (cause) {
    throw notText(encoding === "utf-8" ? `${path}:${lineOfDamage(body)}` : path, encoding, cause);
  }
}

/** A decoder that refuses what is no text and takes every character, a mark included, for one. */
export const decoderOf = (encoding: TextEncoding): InstanceType<typeof TextDecoder> =>
  new TextDecoder(encoding, { fatal: true, ignoreBOM: true });

/** @param where file, or file:line */
export const notText = (where: string, encoding: TextEncoding, cause?: unknown): UniArmError =>
  new UniArmError(
    "text-encoding",
    `${where} is not ${encoding.toUpperCase()} text. If it was saved by a program of Windows, save it as UTF-8, or convert it: iconv -f WINDOWS-1252 -t UTF-8 old-file > new-file`,
    { cause },
  );

/** The first line, from 1, that is not UTF-8; a line end is one byte of no other character. */
function lineOfDamage(bytes: Uint8Array): number {
  const decoder = decoderOf("utf-8");
  let line = 1;
  for (let start = 0; start <= bytes.length; line++) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    try {
      decoder.decode(bytes.subarray(start, end));
    } catch {
      return line;
    }
    start = end + 1;
  }
  return line;
}

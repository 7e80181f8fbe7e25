import { readFile } from "node:fs/promises";
import { decodeText, decoderOf, notText, TEXT_START_BYTES, textStart } from "../schema/decode-text.ts";

/**
 * The text of a file that people made. Every file of theirs is read through this, `readJsonLines` or `decodeText`, so that a
 * byte-order mark is nowhere a character of the text.
 * @throws UniArmError text-encoding; and the file system's own errors
 */
export async function readText(path: string): Promise<string> {
  return decodeText(await readFile(path), path);
}

/**
 * The chunks of a text as UTF-8, without a byte-order mark; UTF-16 is turned. Whether UTF-8 is sound is for the caller to
 * check, who knows the line.
 * @throws UniArmError text-encoding
 */
export async function* utf8Chunks(chunks: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Buffer> {
  let decoder: TextDecoder | "none" | null = null;
  let waiting = Buffer.alloc(0); // the first bytes, until they say how the text is encoded
  const decoded = (bytes: Uint8Array | undefined): Buffer => {
    if (!(decoder instanceof TextDecoder)) return asBuffer(bytes ?? new Uint8Array());
    try {
      return Buffer.from(bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode());
    } catch (cause) {
      throw notText(path, decoder.encoding === "utf-16be" ? "utf-16be" : "utf-16le", cause);
    }
  };
  const begin = (): Buffer => {
    const { encoding, markBytes } = textStart(waiting.subarray(0, TEXT_START_BYTES), path);
    decoder = encoding === "utf-8" ? "none" : decoderOf(encoding);
    return waiting.subarray(markBytes);
  };
  for await (const chunk of chunks) {
    if (decoder) {
      yield decoded(chunk);
      continue;
    }
    waiting = waiting.length === 0 ? asBuffer(chunk) : Buffer.concat([waiting, chunk]);
    if (waiting.length >= TEXT_START_BYTES) yield decoded(begin());
    else waiting = Buffer.from(waiting); // a copy: the stream may reuse its chunk
  }
  if (!decoder) yield decoded(begin());
  if (decoder instanceof TextDecoder) yield decoded(undefined);
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

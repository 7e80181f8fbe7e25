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
  let turn: ((bytes?: Uint8Array) => Buffer) | null = null;
  let waiting = Buffer.alloc(0); // the first bytes, until they say how the text is encoded
  const begin = (): Buffer => waiting.subarray(textStart(waiting.subarray(0, TEXT_START_BYTES), path).markBytes);
  for await (const chunk of chunks) {
    if (turn) {
      yield turn(chunk);
      continue;
    }
    waiting = Buffer.concat([waiting, chunk]);
    if (waiting.length < TEXT_START_BYTES) continue;
    turn = turner(waiting, path);
    yield turn(begin());
  }
  if (!turn) {
    turn = turner(waiting, path);
    yield turn(begin());
  }
  yield turn();
}

/** Turns chunks of the text that begins so into UTF-8; called without bytes at its end. */
function turner(start: Uint8Array, path: string): (bytes?: Uint8Array) => Buffer {
  const { encoding } = textStart(start.subarray(0, TEXT_START_BYTES), path);
  if (encoding === "utf-8")
    return (bytes) => (bytes ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : Buffer.alloc(0));
  const decoder = decoderOf(encoding);
  return (bytes) => {
    try {
      return Buffer.from(bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode());
    } catch (cause) {
      throw notText(path, encoding, cause);
    }
  };
}

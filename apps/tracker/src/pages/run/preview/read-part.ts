import { readBlob } from "../../../api/read-blob.ts";
import { bytesText } from "../../../text/number.ts";

/** So much of a text is shown; tables have so many rows. */
export const MOST_TEXT_BYTES = 512 * 1024;
const MOST_IMAGE_BYTES = 16 * 2 ** 20;

export interface FilePart {
  bytes: Uint8Array<ArrayBuffer>;
  /** there is more of it */
  isCut: boolean;
}

/** The beginning of a file. @throws Error with a sentence */
export async function readBeginning(sha256: string, size: number, signal: AbortSignal): Promise<FilePart> {
  const isCut = size > MOST_TEXT_BYTES;
  const range = isCut ? { headers: { range: `bytes=0-${MOST_TEXT_BYTES - 1}` } } : {};
  return { bytes: await readBlob(sha256, { ...range, signal }), isCut };
}

/** A picture, whole. @throws Error with a sentence */
export async function readImage(sha256: string, size: number, signal: AbortSignal): Promise<FilePart> {
  if (size > MOST_IMAGE_BYTES)
    throw new Error(
      `The picture has ${bytesText(size)}; pictures of at most ${bytesText(MOST_IMAGE_BYTES)} are shown here. Download it.`,
    );
  return { bytes: await readBlob(sha256, { signal }), isCut: false };
}

/** @returns null where the bytes are no text. A letter that is cut at the end is left out. */
export function textOf({ bytes, isCut }: FilePart): string | null {
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: isCut });
  } catch {
    return null;
  }
}

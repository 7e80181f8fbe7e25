import { open } from "node:fs/promises";

const MAGIC = 0xfd2fb528;
/** The first of sixteen magic numbers of frames that hold other data; their size follows. */
const SKIPPABLE = 0x184d2a50;

/**
 * Whether a zstd file ends where its last frame does (RFC 8878, sections 3.1.1 and 3.1.2): Node's decompressor takes a file
 * that was cut off for a complete one. Only the headers of frames and blocks are read.
 */
export async function endsWithFrame(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const at = async (place: number, count: number): Promise<number> => {
      const bytes = Buffer.alloc(count);
      const { bytesRead } = await file.read(bytes, 0, count, place);
      return bytesRead < count ? NaN : bytes.readUIntLE(0, count);
    };
    let place = 0;
    while (place < size) {
      const magic = await at(place, 4);
      if (magic >= SKIPPABLE && magic < SKIPPABLE + 16) {
        place += 8 + (await at(place + 4, 4));
        continue;
      }
      if (magic !== MAGIC) return false;
      const descriptor = await at(place + 4, 1);
      const isSingle = (descriptor & 0x20) !== 0;
      const contentSize = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? NaN;
      place += 5 + (isSingle ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]! + contentSize;
      for (let last = false; !last;) {
        const header = await at(place, 3);
        if (Number.isNaN(header)) return false;
        last = (header & 1) === 1;
        const isRun = ((header >> 1) & 3) === 1; // one byte, many times
        place += 3 + (isRun ? 1 : header >> 3);
      }
      if (descriptor & 4) place += 4; // checksum
    }
    return place === size;
  } finally {
    await file.close();
  }
}

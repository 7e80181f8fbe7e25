import { UniArmError } from "./error.ts";

/** What a file may be packed in, by its first bytes, and the command that unpacks it. */
export interface Packed {
  name: string;
  magic: readonly number[];
  unpack: (path: string) => string;
}

const ascii = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0));

export const PACKED: readonly Packed[] = [
  { name: "gzip", magic: [0x1f, 0x8b], unpack: (path) => `gzip -dk "${path}"` },
  { name: "zstd", magic: [0x28, 0xb5, 0x2f, 0xfd], unpack: (path) => `zstd -d "${path}"` },
  { name: "Parquet", magic: ascii("PAR1"), unpack: (path) => `uniarm data convert "${path}" --output pairs.jsonl` },
  { name: "xz", magic: [0xfd, ...ascii("7zXZ"), 0], unpack: (path) => `xz -dk "${path}"` },
  { name: "bzip2", magic: ascii("BZh"), unpack: (path) => `bzip2 -dk "${path}"` },
  { name: "zip", magic: [...ascii("PK"), 3, 4], unpack: (path) => `unzip "${path}"` },
  { name: "7z", magic: [...ascii("7z"), 0xbc, 0xaf, 0x27, 0x1c], unpack: (path) => `7z x "${path}"` },
  { name: "lz4", magic: [0x04, 0x22, 0x4d, 0x18], unpack: (path) => `lz4 -dk "${path}"` },
];

/** Whether a file that begins so has these bytes at a place. */
export const hasMagic = (start: Uint8Array, magic: readonly number[], at = 0): boolean =>
  magic.every((byte, index) => start[at + index] === byte);

/** @throws UniArmError text-packed for what is packed where a text is read */
export function refusePacked(start: Uint8Array, path: string): void {
  const found = PACKED.find(({ magic }) => hasMagic(start, magic));
  if (!found) return;
  throw new UniArmError(
    "text-packed",
    `${path} is ${found.name}, and a text is read here. Unpack it: ${found.unpack(path)}`,
  );
}

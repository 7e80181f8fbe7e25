import { hasMagic, PACKED, UniArmError } from "@uniarm/core/schema";

/** What a file's first bytes say it is, of what is read. */
export type Container = "parquet" | "gzip" | "zstd" | "plain";

const READ: Readonly<Record<string, Container>> = { gzip: "gzip", zstd: "zstd", Parquet: "parquet" };

interface Refused {
  name: string;
  magic: readonly number[];
  /** where the magic number stands; default: at the start */
  at?: number;
  /** the command that makes it readable */
  unpack: (path: string) => string;
}

const ascii = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0));
const withPandas =
  (kind: string) =>
  (path: string): string =>
    `python -c "import pandas as p; p.read_${kind}('${path}').to_parquet('rows.parquet')"`;

/** What people also have, by its name and the command that makes rows of it. */
const REFUSED: readonly Refused[] = [
  ...PACKED.filter(({ name }) => !Object.hasOwn(READ, name)),
  { name: "Arrow", magic: ascii("ARROW1"), unpack: withPandas("feather") },
  {
    name: "Arrow (stream)",
    magic: [0xff, 0xff, 0xff, 0xff],
    unpack: (path) => `python -c "import datasets as d; d.Dataset.from_file('${path}').to_parquet('rows.parquet')"`,
  },
  { name: "Feather 1", magic: ascii("FEA1"), unpack: withPandas("feather") },
  { name: "ORC", magic: ascii("ORC"), unpack: withPandas("orc") },
  { name: "HDF5", magic: [0x89, ...ascii("HDF")], unpack: withPandas("hdf") },
  { name: "Avro", magic: [...ascii("Obj"), 1], unpack: (path) => `fastavro "${path}" > rows.jsonl` },
  {
    name: "SQLite",
    magic: ascii("SQLite format 3"),
    unpack: (path) => `sqlite3 -json "${path}" "select * from NAME" > rows.json`,
  },
  { name: "tar", magic: ascii("ustar"), at: 257, unpack: (path) => `tar -xf "${path}"` },
  {
    name: "a Git LFS pointer, not the file itself",
    magic: ascii("version https://git-lfs"),
    unpack: () => "git lfs pull",
  },
];

/** Bytes that tell what a file is. */
export const CONTAINER_BYTES = 512;

/** @throws UniArmError data-container for what is not read, with the command that converts it */
export function containerOf(start: Uint8Array, path: string): Container {
  refuseOthers(start, path);
  const packed = PACKED.find(({ magic }) => hasMagic(start, magic));
  return (packed && READ[packed.name]) ?? "plain";
}

/** Refuses what is not read, also inside a compressed file. @throws UniArmError data-container */
export function refuseOthers(start: Uint8Array, path: string): void {
  const found = REFUSED.find(({ magic, at = 0 }) => hasMagic(start, magic, at));
  if (found)
    throw new UniArmError(
      "data-container",
      `${path} is ${found.name}, which is not read. Make rows of it: ${found.unpack(path)} (read are JSON lines, a JSON array and CSV, plain, gzip or zstd, and Parquet)`,
    );
  if (/^\s*<(?:!doctype|html|\?xml)/i.test(Buffer.from(start).toString("latin1")))
    throw new UniArmError(
      "data-container",
      `${path} is a web page, not data: a download that was not allowed saves one. Download the file again, from its "raw" or "resolve" address.`,
    );
}

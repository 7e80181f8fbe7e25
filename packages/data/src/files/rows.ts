import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { UniArmError } from "@uniarm/core/schema";
import { jsonRows } from "./json-rows.ts";
import { endsWithFrame } from "./zstd-end.ts";
import { parquetRows } from "./parquet-rows.ts";
import type { Row } from "./row.ts";

/**
 * The rows of a file: JSON lines or one JSON array, plain, gzip or zstd, or Parquet. The file's first bytes tell which.
 * @throws UniArmError data-missing, data-invalid, data-row-too-long
 */
export async function* readRows(path: string): AsyncGenerator<Row> {
  const kind = await kindOf(path);
  if (kind === "parquet") yield* parquetRows(path);
  else yield* textRows(path, kind);
}

type Kind = "parquet" | "gzip" | "zstd" | "plain";

const MAGIC: readonly [Kind, readonly number[]][] = [
  ["parquet", [0x50, 0x41, 0x52, 0x31]],
  ["gzip", [0x1f, 0x8b]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
];

async function kindOf(path: string): Promise<Kind> {
  try {
    const file = await open(path);
    try {
      const start = new Uint8Array(4);
      await file.read(start, 0, 4, 0);
      return MAGIC.find(([, magic]) => magic.every((byte, index) => start[index] === byte))?.[0] ?? "plain";
    } finally {
      await file.close();
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why =
      code === "ENOENT" ? "there is no such file" : code === "EISDIR" ? "it is a folder" : (cause as Error).message;
    throw new UniArmError(
      "data-missing",
      `${path} cannot be read: ${why}. Give a file of rows: JSON lines or an array (plain, gzip, zstd) or Parquet.`,
      { cause },
    );
  }
}

async function* textRows(path: string, kind: Exclude<Kind, "parquet">): AsyncGenerator<Row> {
  if (kind === "zstd" && !(await endsWithFrame(path)))
    throw damaged(path, kind, new Error("the file ends inside its last frame"));
  const file = createReadStream(path, { highWaterMark: 1024 * 1024 });
  const unpacker = kind === "plain" ? null : kind === "gzip" ? createGunzip() : createZstdDecompress();
  if (unpacker) pipeline(file, unpacker, () => undefined); // errors reach the reader through `unpacker`
  try {
    for await (const row of jsonRows(unpacker ?? file, path)) yield { ...row, readBytes: file.bytesRead };
  } catch (cause) {
    if (cause instanceof UniArmError) throw cause;
    throw damaged(path, kind, cause as Error);
  } finally {
    file.destroy();
    unpacker?.destroy();
  }
}

const damaged = (path: string, kind: Kind, cause: Error): UniArmError =>
  new UniArmError("data-invalid", `${path} is damaged (${kind}): ${cause.message}. Copy or download the file again.`, {
    cause,
  });

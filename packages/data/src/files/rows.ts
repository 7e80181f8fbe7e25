import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { UniArmError } from "@uniarm/core/schema";
import { CONTAINER_BYTES, containerOf, type Container } from "./containers.ts";
import { endsWithFrame } from "./zstd-end.ts";
import { parquetRows } from "./parquet-rows.ts";
import type { Row } from "./row.ts";
import { textRows } from "./text-rows.ts";

/**
 * The rows of a file: JSON lines, one JSON array or CSV, plain, gzip or zstd, or Parquet. The file's first bytes tell which.
 * @throws UniArmError data-missing, data-container, data-invalid, data-row-too-long, text-encoding
 */
export async function* readRows(path: string): AsyncGenerator<Row> {
  const kind = await kindOf(path);
  if (kind === "parquet") yield* parquetRows(path);
  else yield* unpackedRows(path, kind);
}

async function kindOf(path: string): Promise<Container> {
  try {
    const file = await open(path);
    try {
      const start = new Uint8Array(CONTAINER_BYTES);
      const { bytesRead } = await file.read(start, 0, CONTAINER_BYTES, 0);
      return containerOf(start.subarray(0, bytesRead), path);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof UniArmError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    const why =
      code === "ENOENT" ? "there is no such file" : code === "EISDIR" ? "it is a folder" : (cause as Error).message;
    throw new UniArmError(
      "data-missing",
      `${path} cannot be read: ${why}. Give a file of rows: JSON lines, an array or CSV (plain, gzip, zstd) or Parquet.`,
      { cause },
    );
  }
}

async function* unpackedRows(path: string, kind: Exclude<Container, "parquet">): AsyncGenerator<Row> {
  if (kind === "zstd" && !(await endsWithFrame(path)))
    throw damaged(path, kind, new Error("the file ends inside its last frame"));
  const file = createReadStream(path, { highWaterMark: 1024 * 1024 });
  const unpacker = kind === "plain" ? null : kind === "gzip" ? createGunzip() : createZstdDecompress();
  if (unpacker) pipeline(file, unpacker, () => undefined); // errors reach the reader through `unpacker`
  try {
    for await (const row of textRows(unpacker ?? file, path)) {
      const { value, where, isUntyped } = row;
      yield { value, where, readBytes: file.bytesRead, ...(isUntyped ? { isUntyped } : {}) };
    }
  } catch (cause) {
    if (cause instanceof UniArmError) throw cause;
    throw damaged(path, kind, cause as Error);
  } finally {
    file.destroy();
    unpacker?.destroy();
  }
}

const damaged = (path: string, kind: Container, cause: Error): UniArmError =>
  new UniArmError("data-invalid", `${path} is damaged (${kind}): ${cause.message}. Copy or download the file again.`, {
    cause,
  });

import { open, type FileHandle } from "node:fs/promises";
import { UniArmError } from "@uniarm/core/schema";
import { parquetMetadataAsync, parquetReadObjects, type AsyncBuffer, type FileMetaData } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { PARQUET_COLUMN_LIMIT_BYTES, PARQUET_METADATA_LIMIT_BYTES } from "./limits.ts";
import type { Row } from "./row.ts";

/** Rows read at once: a row group may hold a million. */
const ROWS_AT_ONCE = 8192;

/** The rows of a Parquet file, a part of a row group at a time. @throws UniArmError data-invalid */
export async function* parquetRows(path: string): AsyncGenerator<Row> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    const file = bufferOf(handle, size);
    const metadata = await guarded(path, () => readMetadata(file, path));
    const groups = metadata.row_groups.map((group) => Number(group.num_rows));
    let first = 0;
    for (const [index, count] of groups.entries()) {
      const readBytes = Math.round((size * (index + 1)) / groups.length);
      for (let start = first; start < first + count; start += ROWS_AT_ONCE) {
        const rowEnd = Math.min(start + ROWS_AT_ONCE, first + count);
        const rows = await guarded(path, () =>
          parquetReadObjects({ file, metadata, compressors, rowStart: start, rowEnd }),
        );
        for (const [offset, value] of rows.entries())
          yield { value: plain(value), where: `${path} row ${start + offset + 1}`, readBytes };
      }
      first += count;
    }
  } finally {
    await handle.close();
  }
}

function bufferOf(handle: FileHandle, size: number): AsyncBuffer {
  return {
    byteLength: size,
    slice: async (start, end = size) => {
      const from = start < 0 ? Math.max(0, size + start) : start;
      const length = Math.min(end, size) - from;
      if (!(length >= 0)) throw new Error(`bytes ${start} to ${end} are outside the file`);
      const bytes = new Uint8Array(length);
      await handle.read(bytes, 0, length, from);
      return bytes.buffer;
    },
  };
}

/** The metadata, once its claims have been checked against the size of the file. */
async function readMetadata(file: AsyncBuffer, path: string): Promise<FileMetaData> {
  const tail = new DataView(await file.slice(file.byteLength - 8, file.byteLength));
  const length = tail.getUint32(0, true);
  if (length > Math.min(PARQUET_METADATA_LIMIT_BYTES, file.byteLength))
    throw invalid(path, `its metadata claims ${length} bytes`);
  const metadata = await parquetMetadataAsync(file);
  for (const { columns, num_rows: rows } of metadata.row_groups) {
    if (rows < 0n || rows > BigInt(Number.MAX_SAFE_INTEGER)) throw invalid(path, `a row group claims ${rows} rows`);
    for (const { meta_data: column } of columns) {
      if (!column) continue;
      const { total_uncompressed_size: unpacked, total_compressed_size: packed, num_values: values } = column;
      const isThere = packed >= 0n && packed <= BigInt(file.byteLength);
      if (!isThere || unpacked < 0n || unpacked > BigInt(PARQUET_COLUMN_LIMIT_BYTES))
        throw invalid(
          path,
          `column ${column.path_in_schema.join(".")} claims ${packed} bytes that unpack to ${unpacked}`,
        );
      // a value takes at least a bit, but a run of equal ones almost nothing: no real file holds a thousand per byte
      if (values < 0n || values > BigInt(1024) * (unpacked + 1024n))
        throw invalid(path, `column ${column.path_in_schema.join(".")} claims ${values} values in ${unpacked} bytes`);
    }
  }
  return metadata;
}

/** Whole numbers come as bigint; ids and ratings are small enough for number. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null || value instanceof Date || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

async function guarded<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof UniArmError) throw cause;
    throw invalid(path, `it cannot be read (${cause instanceof Error ? cause.message : String(cause)})`, cause);
  }
}

const invalid = (path: string, what: string, cause?: unknown): UniArmError =>
  new UniArmError("data-invalid", `${path} is not a valid Parquet file: ${what}. Make or download it again.`, {
    cause,
  });

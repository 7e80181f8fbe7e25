/** A row of text; a longer one means that the file is damaged or holds no rows. */
export const ROW_LIMIT_BYTES = 16 * 1024 * 1024;
/** A Parquet file's metadata, and the unpacked pages of one of its columns. */
export const PARQUET_METADATA_LIMIT_BYTES = 64 * 1024 * 1024;
export const PARQUET_COLUMN_LIMIT_BYTES = 1024 * 1024 * 1024;

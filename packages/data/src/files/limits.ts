/** A row of text; a longer one is a broken file, or not one of rows. */
export const ROW_LIMIT_BYTES = 16 * 1024 * 1024;
/** A Parquet file's description of itself, and what its pages of one column may unpack to. */
export const PARQUET_METADATA_LIMIT_BYTES = 64 * 1024 * 1024;
export const PARQUET_COLUMN_LIMIT_BYTES = 1024 * 1024 * 1024;

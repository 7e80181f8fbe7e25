import { partOf, UniArmError, type DecodingConfig, type Shard } from "@uniarm/core/schema";
import type { DecodingRow } from "./rows.ts";

/**
 * The batches of one part. They are those of the whole decoding: the last digits of a log-probability may depend on what
 * else is in the batch.
 * @throws UniArmError shard-too-small
 */
export function batchesOfShard(
  batches: DecodingRow[][],
  shard: Shard,
  { batchRows, bestOf, beams }: DecodingConfig,
): DecodingRow[][] {
  if (batches.length >= shard.count) return partOf(batches, shard);
  const rows = batches.flat().length;
  const most = Math.floor(rows / Math.min(shard.count, rows)) * bestOf * beams;
  const advice =
    rows < shard.count
      ? `Ask for at most ${rows} parts, with batchRows ${most} or less in all of them`
      : `Set batchRows to ${most} or less in all parts, or ask for at most ${batches.length}`;
  throw new UniArmError(
    "shard-too-small",
    `${rows} rows with batchRows ${batchRows} make ${batches.length} ${batches.length === 1 ? "batch" : "batches"}, of which ${shard.count} parts cannot have one each: rows that are decoded together stay together. ${advice}.`,
  );
}

import { Shard, UniArmError } from "@uniarm/core/schema";

/** "2/4" is the second of four parts. @throws UniArmError shard-unknown */
export function parseShard(text: string): Shard {
  const [, part, count] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  const { data } = Shard.safeParse({ index: Number(part) - 1, count: Number(count) });
  if (data) return data;
  throw new UniArmError(
    "shard-unknown",
    `--shard ${text} is no part. Give part and parts, the first being 1: 1/4, 2/4, 3/4 or 4/4 of four.`,
  );
}

import { z } from "zod";

/** Part `index` of `count` of what is decoded: a decoding in pieces. */
export const Shard = z
  .strictObject({
    index: z.int().nonnegative().describe("which part, from 0"),
    count: z.int().positive().describe("parts in all"),
  })
  .refine(({ index, count }) => index < count, "index must be below count");
export type Shard = z.infer<typeof Shard>;

/** The part's items: neighbours, and as many as the other parts have, or one more or less. */
export const partOf = <T>(items: readonly T[], { index, count }: Shard): T[] =>
  items.slice(Math.floor((items.length * index) / count), Math.floor((items.length * (index + 1)) / count));

/** What the output of a part says of it: how many rows it holds once it is done, and how the whole was cut into batches. */
export const WrittenShard = Shard.safeExtend({ rows: z.int().positive(), batchRows: z.int().positive() });
export type WrittenShard = z.infer<typeof WrittenShard>;

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const count = z.int().positive();
const model = { layers: count, width: count, mlpWidth: count, heads: count, vocabulary: count };

/** A training step: B pairs of `tokens` tokens as 2B rows. */
export const TrainSize = z.strictObject({ ...model, pairs: count, tokens: count });
export type TrainSize = z.infer<typeof TrainSize>;

/** A guided decoding: one prompt under `vectors` preference vectors. */
export const DecodeSize = z.strictObject({ ...model, vectors: count, promptTokens: count, newTokens: count });
export type DecodeSize = z.infer<typeof DecodeSize>;

/** The sizes that both sides read. */
export const SIZES_FILE = join(import.meta.dirname, "..", "sizes.json");
export const sizes = z
  .strictObject({ train: z.record(z.string(), TrainSize), decode: z.record(z.string(), DecodeSize) })
  .parse(JSON.parse(readFileSync(SIZES_FILE, "utf8")));

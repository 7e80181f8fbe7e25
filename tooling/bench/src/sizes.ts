import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const count = z.int().positive();
const model = { layers: count, width: count, mlpWidth: count, heads: count, vocabulary: count };

/** A training step: B pairs, each response of which makes `tokens` tokens with its prompt. */
export const TrainSize = z.strictObject({ ...model, pairs: count, tokens: count, promptTokens: count.default(1) });
export type TrainSize = z.infer<typeof TrainSize>;

/** A guided decoding: one prompt under `vectors` preference vectors. */
export const DecodeSize = z.strictObject({ ...model, vectors: count, promptTokens: count, newTokens: count });
export type DecodeSize = z.infer<typeof DecodeSize>;

/** A sweep: `prompts` random prompts, their lengths spread evenly by ratio, each under `vectors` preference vectors. */
export const SweepSize = z.strictObject({
  ...model,
  vectors: count,
  prompts: count,
  shortestPrompt: count,
  longestPrompt: count,
  newTokens: count,
  /** how many tokens of the vocabulary end a response */
  endings: count,
  /** how far the ARM's random output factors go: more of it, and neighbouring preferences part sooner */
  armScale: z.number().positive(),
});
export type SweepSize = z.infer<typeof SweepSize>;

/** The sizes that both sides read. */
export const SIZES_FILE = join(import.meta.dirname, "..", "sizes.json");
export const sizes = z
  .strictObject({
    train: z.record(z.string(), TrainSize),
    decode: z.record(z.string(), DecodeSize),
    sweep: z.record(z.string(), SweepSize),
  })
  .parse(JSON.parse(readFileSync(SIZES_FILE, "utf8")));

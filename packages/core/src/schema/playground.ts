import { z } from "zod";
import { Fusion } from "./fusion.ts";
import { Finish } from "./generation.ts";
import { PreferenceVector } from "./preference.ts";
import { SamplingConfig } from "./sampling.ts";
import { Seed } from "./seed.ts";
import { TokenId, TokenLogProbs } from "./token-log-probs.ts";

/** Limits of a client's request, so that what it needs of a worker is known before it starts. */
export const PLAYGROUND_LIMITS = {
  rows: 32,
  promptCharacters: 20_000,
  newTokens: 4096,
  strength: 100,
} as const;

/** The next token of a response, with the likeliest token that was not chosen. */
export const TokenStep = TokenLogProbs.extend({
  tokenId: TokenId,
  text: z.string().describe("what it adds to the response's text; a character comes with the last of its bytes"),
  runnerUp: TokenLogProbs.extend({ tokenId: TokenId, text: z.string() }),
});
export type TokenStep = z.infer<typeof TokenStep>;

/** A name of the client's choice, unique among its open requests. */
const RequestId = z.string().min(1).max(64);

/** What all rows of a request have in common. */
const asked = {
  prompt: z.string().min(1).max(PLAYGROUND_LIMITS.promptCharacters),
  strength: z
    .number()
    .nonnegative()
    .max(PLAYGROUND_LIMITS.strength)
    .default(1)
    .describe("1 / beta: exponent of the ARM's distribution; 0 is the base model"),
  fusion: Fusion.optional(),
  maxNewTokens: z.int().positive().max(PLAYGROUND_LIMITS.newTokens).default(128),
  sampling: SamplingConfig.prefault({}),
  seed: Seed,
};

/** What a client asks of a server: one response per preference. */
export const GenerateInput = z.strictObject({
  project: z.string().min(1).max(100).default("default").describe("name or id"),
  model: z
    .string()
    .min(1)
    .max(1000)
    .optional()
    .describe("base model: a folder of the workers, or tiny-world:NAME; default: the ARM's, else tiny-world:default"),
  arm: z
    .string()
    .min(1)
    .max(40)
    .nullish()
    .describe(
      "id of the ARM: a checkpoint, or a run, which stands for its best or else its newest one; none: the base model alone",
    ),
  preferences: z
    .array(PreferenceVector.nullable())
    .min(1)
    .max(PLAYGROUND_LIMITS.rows)
    .optional()
    .describe("one response each, in the order of the ARM's objectives; null: the base model, unguided"),
  ...asked,
});
export type GenerateInput = z.infer<typeof GenerateInput>;

/** What a worker is asked to decode. */
export const PlaygroundRequest = z.strictObject({
  id: RequestId,
  preferences: z.array(z.array(z.number()).nullable()).min(1).max(PLAYGROUND_LIMITS.rows),
  ...asked,
});
export type PlaygroundRequest = z.infer<typeof PlaygroundRequest>;

/** Server -> worker -> job, one JSON value per line of the job's standard input. */
export const PlaygroundOrder = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("ask"), request: PlaygroundRequest }),
  z.strictObject({ type: z.literal("cancel"), id: RequestId }),
  z.strictObject({ type: z.literal("release") }).describe("end, unless something was asked for meanwhile"),
]);
export type PlaygroundOrder = z.infer<typeof PlaygroundOrder>;

const row = z.int().nonnegative().describe("place of its preference in the request");
const sentence = z.string().max(10_000);
const tokenChunk = TokenStep.extend({ type: z.literal("token"), row });
const endChunk = z.object({
  type: z.literal("end"),
  row,
  finish: z.enum([...Finish.options, "cancelled"]),
  text: z.string().describe("the whole response"),
  logProbNats: z.number().describe("sum of the tokens' log-probabilities under the guided distribution"),
  batchRows: z
    .int()
    .nonnegative()
    .describe("responses that started with it in one batch, itself included; 0: it never started"),
});
const errorChunk = z.object({ type: z.literal("error"), code: z.string().max(100), message: sentence });

/** Job -> worker -> server. An error ends its request. */
export const PlaygroundChunk = z.discriminatedUnion("type", [
  tokenChunk.extend({ id: RequestId }),
  endChunk.extend({ id: RequestId }),
  errorChunk.extend({ id: RequestId }),
]);
export type PlaygroundChunk = z.infer<typeof PlaygroundChunk>;

/** Server -> client: a status whenever what the request waits for changes, then tokens as they come, and an end for each row. */
export const GenerateChunk = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("status"),
    state: z.enum(["queued", "loading", "ready"]),
    run: z.string().describe("id of the run that holds the model"),
    waits: z.string().optional().describe("why that will last, where it will: no worker that is there takes it"),
  }),
  tokenChunk,
  endChunk,
  errorChunk,
]);
export type GenerateChunk = z.infer<typeof GenerateChunk>;

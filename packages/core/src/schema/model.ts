import { z } from "zod";
import { Rope } from "./rope.ts";

/** The supported values of `model_type` in config.json. */
export const MODEL_TYPES = [
  "llama",
  "mistral",
  "mixtral",
  "qwen2",
  "qwen3",
  "qwen3_moe",
  "gemma",
  "gemma2",
  "gemma3_text",
  "phi3",
  "olmo2",
  "olmo3",
  "granite",
  "smollm3",
  "gpt2",
] as const;
export const ModelType = z.enum(MODEL_TYPES);
export type ModelType = z.infer<typeof ModelType>;

/** Of an MLP. gelu is x Phi(x), gelu_tanh the formula that stands for it, relu2 relu(x) squared. */
export const ACTIVATIONS = ["silu", "gelu", "gelu_tanh", "quick_gelu", "relu", "relu2"] as const;
export const Activation = z.enum(ACTIVATIONS);
export type Activation = z.infer<typeof Activation>;

/** What the transformer needs of a config.json, whichever version of transformers wrote it. What few models have is optional. */
export const ModelConfig = z.strictObject({
  modelType: ModelType,
  vocabularySize: z.int().positive(),
  hiddenSize: z.int().positive(),
  intermediateSize: z.int().positive(),
  layers: z.int().positive(),
  heads: z.int().positive(),
  keyValueHeads: z.int().positive(),
  headSize: z.int().positive(),
  contextTokens: z.int().positive(),
  normEpsilon: z.number().positive(),
  activation: Activation.optional().describe("absent: the family's usual one"),
  biases: z
    .strictObject({ attention: z.boolean(), mlp: z.boolean() })
    .optional()
    .describe("blocks whose biases config.json asks for, where the family leaves it to config.json; absent: none"),
  attention: z
    .strictObject({
      scale: z.number().positive().optional().describe("of scores; absent: 1 / sqrt(headSize)"),
      softCap: z.number().positive().optional().describe("scores are kept below it by its tanh"),
      byDepth: z.boolean().optional().describe("whether layer n (from 0) divides its scores by n + 1"),
    })
    .optional(),
  embeddingScale: z.number().positive().optional().describe("what embeddings are multiplied by; absent: 1"),
  residualScale: z.number().positive().optional().describe("what blocks add is multiplied by it; absent: 1"),
  logits: z
    .strictObject({ scale: z.number().positive().optional(), softCap: z.number().positive().optional() })
    .optional()
    .describe("logits are multiplied by scale, then kept below softCap by its tanh"),
  experts: z
    .strictObject({
      count: z.int().positive(),
      perToken: z.int().positive(),
      size: z.int().positive().describe("width of an expert's MLP"),
      normalised: z.boolean().describe("whether the weights of a token's experts sum to 1"),
    })
    .optional()
    .describe("MLPs of which each token takes some; absent: one MLP a layer"),
  rope: Rope.nullable().describe("rotary positions; null where positions are learned vectors"),
  windowedRope: Rope.optional().describe("rotary positions of the layers that see a window; absent: those of all"),
  layersWithoutRope: z.array(z.int().nonnegative()).optional().describe("layers in which nothing turns"),
  slidingWindow: z
    .strictObject({ tokens: z.int().positive(), layers: z.array(z.int().nonnegative()) })
    .nullable()
    .describe("layers in which a token sees itself and the tokens - 1 before it; the others see all before it"),
  tiedEmbeddings: z.boolean(),
  bosTokenId: z.int().nonnegative().nullable(),
  eosTokenIds: z.array(z.int().nonnegative()),
  padTokenId: z.int().nonnegative().nullable(),
});
export type ModelConfig = z.infer<typeof ModelConfig>;

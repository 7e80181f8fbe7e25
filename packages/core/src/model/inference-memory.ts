import type { ModelConfig } from "../schema/model.ts";
import type { ModelMemory } from "./inspect.ts";
import { isComposed } from "./transformer.ts";

/** Tokens, padding included, that one pass over prompts reads at most: more of them are hardly faster a token, and take their room. */
export const PASS_TOKENS = 1024;
/** Logits of about this many bytes at a time are few calls and little memory. */
export const LOGITS_BYTES = 64 * 2 ** 20;

/** What Node.js, the engine and this code take without a model; measured on Linux x64, with TensorFlow 2.21. */
const LIBRARY_BYTES = 490e6;
/** In place caches hold values in groups of so many numbers, and columns too. */
const GROUP = 16;

/** What is decoded at once. */
export interface InferenceSize {
  /** prompts times preferences times samples */
  rows: number;
  /** ARMs of the checkpoint; 0: unguided */
  arms: number;
  /** of the longest prompt */
  promptTokens: number;
  newTokens: number;
}

/** Bytes that a decoding takes at most. */
export interface InferenceMemory {
  /** Node.js and the engine */
  libraries: number;
  weights: number;
  /** left of loading */
  loading: number;
  /** keys and values, once all rows have chosen other tokens than their fellows */
  cache: number;
  /** what one layer makes of the tokens of a pass */
  pass: number;
  /** of the rows that a token is chosen for at a time */
  logits: number;
  /** all of it */
  peak: number;
}

/**
 * The peak memory of a process that decodes, predicted from shapes; `model` is one of `inspectModel`'s. Null where nobody has
 * measured that it comes true: on wasm, for a mixture of experts, and where attention is composed of smaller operations.
 */
export function inferenceMemory(
  config: ModelConfig,
  model: ModelMemory,
  { rows, arms, promptTokens, newTokens }: InferenceSize,
): InferenceMemory | null {
  if (model.engine !== "tensorflow" || config.experts || isComposed(config)) return null;
  const { hiddenSize, intermediateSize, layers, heads, keyValueHeads, headSize, vocabularySize } = config;
  const stored = model.baseWeights === "bfloat16" ? 2 : 4; // bytes of an activation
  const upTo = (count: number): number => Math.ceil(count / GROUP) * GROUP;
  const computed = rows * (1 + arms);
  const cache =
    computed * upTo(promptTokens + newTokens) * layers * keyValueHeads * (headSize + upTo(headSize)) * stored;
  // three states of the residual stream in float32; what the norms, attention and the MLP read and write
  const perToken =
    3 * 4 * hiddenSize + stored * (4 * hiddenSize + 2 * (heads + keyValueHeads) * headSize + 3 * intermediateSize);
  const pass = Math.min(PASS_TOKENS, computed * promptTokens) * perToken;
  const line = vocabularySize * (4 + (stored === 2 ? 2 : 0)); // a bfloat16 product is widened
  const logits = Math.min(rows, Math.max(1, Math.floor(LOGITS_BYTES / (4 * vocabularySize)))) * line;
  const { weightsBytes: weights, loadingBytes: loading } = model;
  const parts = { libraries: LIBRARY_BYTES, weights, loading, cache, pass, logits };
  return { ...parts, peak: Object.values(parts).reduce((sum, bytes) => sum + bytes, 0) };
}

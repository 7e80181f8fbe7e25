import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTransformer } from "../model/create.ts";
import { disposeTransformer } from "../model/dispose.ts";
import { saveTransformer } from "../model/pretrained.ts";
import type { Transformer } from "../model/transformer.ts";
import type { ModelConfig } from "../schema/model.ts";
import { openEngine } from "../tensor/engine.ts";
import { createRandom, type Random } from "../tensor/random.ts";
import { BYTE_VOCABULARY_SIZE, byteTokenizerFiles } from "./byte-tokenizer.ts";

/** Two layers of width 16 with grouped queries, for the byte tokenizer. */
export const TINY_CONFIG: ModelConfig = {
  modelType: "llama",
  vocabularySize: BYTE_VOCABULARY_SIZE,
  hiddenSize: 16,
  intermediateSize: 24,
  layers: 2,
  heads: 4,
  keyValueHeads: 2,
  headSize: 4,
  contextTokens: 128,
  normEpsilon: 1e-5,
  rope: { theta: 10_000, scaling: null },
  slidingWindow: null,
  tiedEmbeddings: true,
  bosTokenId: 256,
  eosTokenIds: [257],
  padTokenId: 257,
};

export interface TinyModelOptions {
  random?: Random;
  config?: Partial<ModelConfig>;
  trainable?: boolean;
}

/** A random tiny Llama. Opens the engine. */
export async function tinyModel(options: TinyModelOptions = {}): Promise<Transformer> {
  const { random = createRandom(0), config = {}, trainable = false } = options;
  await openEngine();
  return createTransformer({ ...TINY_CONFIG, ...config }, random, { trainable });
}

/** Writes a tiny model and the byte tokenizer as a Hugging Face folder. */
export async function writeTinyModel(folder: string, options: Omit<TinyModelOptions, "trainable"> = {}): Promise<void> {
  const model = await tinyModel(options);
  try {
    await saveTransformer(folder, model);
  } finally {
    disposeTransformer(model);
  }
  const { tokenizer, config, chatTemplate } = byteTokenizerFiles();
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "tokenizer.json"), `${JSON.stringify(tokenizer)}\n`);
  await writeFile(
    join(folder, "tokenizer_config.json"),
    `${JSON.stringify({ ...config, chat_template: chatTemplate }, null, 2)}\n`,
  );
}

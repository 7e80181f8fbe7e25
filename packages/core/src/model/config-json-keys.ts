import { z } from "zod";
import { UniArmError } from "../schema/error.ts";
import type { Activation, ModelConfig } from "../schema/model.ts";
import { MOST } from "./config-limits.ts";

export const width = z.int().positive().max(MOST.width);
export const layerCount = z.int().positive().max(MOST.layers);
const tokenId = z.int().nonnegative().max(MOST.vocabulary);

/** Keys that config.json has in every family. */
export const vocabularyKeys = {
  vocab_size: z.int().positive().max(MOST.vocabulary),
  tie_word_embeddings: z.boolean(),
  bos_token_id: tokenId.nullish(),
  eos_token_id: z.union([tokenId, z.array(tokenId).max(1000)]).nullish(),
  pad_token_id: z.int().nullish(),
};

export function vocabularyOf({
  vocab_size,
  bos_token_id,
  eos_token_id,
  pad_token_id,
  tie_word_embeddings,
}: z.infer<z.ZodObject<typeof vocabularyKeys>>): Pick<
  ModelConfig,
  "vocabularySize" | "bosTokenId" | "eosTokenIds" | "padTokenId" | "tiedEmbeddings"
> {
  const eos = eos_token_id ?? [];
  return {
    vocabularySize: vocab_size,
    tiedEmbeddings: tie_word_embeddings,
    bosTokenId: bos_token_id ?? null,
    eosTokenIds: Array.isArray(eos) ? eos : [eos],
    padTokenId: pad_token_id != null && pad_token_id >= 0 ? pad_token_id : null, // Llama 1 wrote -1
  };
}

/** By the names that config.json has for them; several are names of one formula. */
const ACTIVATION_NAMES: Readonly<Record<string, Activation>> = {
  silu: "silu",
  swish: "silu",
  gelu: "gelu",
  gelu_python: "gelu",
  gelu_new: "gelu_tanh",
  gelu_fast: "gelu_tanh",
  gelu_accurate: "gelu_tanh",
  gelu_pytorch_tanh: "gelu_tanh",
  gelu_python_tanh: "gelu_tanh",
  quick_gelu: "quick_gelu",
  relu: "relu",
  relu2: "relu2",
};

/** @throws UniArmError model-unsupported */
export function activationOf(name: string, where: string): Activation {
  if (Object.hasOwn(ACTIVATION_NAMES, name)) return ACTIVATION_NAMES[name]!;
  throw new UniArmError(
    "model-unsupported",
    `${where} asks for the activation ${JSON.stringify(name.slice(0, 80))}; supported are ${Object.keys(ACTIVATION_NAMES).join(", ")}.`,
  );
}

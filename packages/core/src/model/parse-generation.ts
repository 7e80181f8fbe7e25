import { z } from "zod";
import { UniArmError } from "../schema/error.ts";
import type { ModelConfig } from "../schema/model.ts";
import { vocabularyKeys } from "./config-json-keys.ts";

const { bos_token_id, eos_token_id, pad_token_id } = vocabularyKeys;
const GenerationJson = z.looseObject({ bos_token_id, eos_token_id, pad_token_id });

/**
 * The special tokens that a generation_config.json names: they go before those of config.json, as in transformers' generate.
 * @throws UniArmError model-config-invalid
 */
export function parseGenerationConfig(
  json: unknown,
  where: string,
): Partial<Pick<ModelConfig, "bosTokenId" | "eosTokenIds" | "padTokenId">> {
  const parsed = GenerationJson.safeParse(json);
  if (!parsed.success) {
    const what = z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, " ");
    throw new UniArmError(
      "model-config-invalid",
      `${where} is not a generation_config.json: ${what}. Take the file of the model's own repository, or remove it.`,
    );
  }
  const { bos_token_id: bos, eos_token_id: eos, pad_token_id: pad } = parsed.data;
  return {
    ...(bos == null ? {} : { bosTokenId: bos }),
    ...(eos == null ? {} : { eosTokenIds: Array.isArray(eos) ? eos : [eos] }),
    ...(pad == null || pad < 0 ? {} : { padTokenId: pad }),
  };
}

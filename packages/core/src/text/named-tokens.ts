import { z } from "zod";
import { specialTokenDefaults, tokenizerClass } from "./special-token-defaults.ts";
import {
  NAMED_TOKENS,
  parseTokenizerFile,
  SpecialTokensMap,
  type NamedToken,
  type TokenizerConfig,
  type TokenizerFiles,
} from "./tokenizer-files.ts";

/** The special tokens of a tokenizer's files. */
export interface SpecialTokens {
  named: Partial<Record<NamedToken, string>>;
  /** the others that the files list */
  more: string[];
}

const ModelJson = z.looseObject({ model_type: z.string().nullish(), tokenizer_class: z.string().nullish() });

/** The class that transformers would take for a folder: tokenizer_config.json's, config.json's, or that of the model's type. */
export function classOf(config: TokenizerConfig, { model }: TokenizerFiles): string {
  const json = ModelJson.safeParse(model).data;
  return tokenizerClass(config.tokenizer_class ?? json?.tokenizer_class ?? null, json?.model_type ?? null);
}

/**
 * The special tokens by their names, as transformers finds them: tokenizer_config.json, before it special_tokens_map.json
 * where the config lists no added tokens, then the defaults of the class. A token that a file sets to null is none.
 * @throws UniArmError tokenizer-invalid
 */
export function specialTokensOf(config: TokenizerConfig, files: TokenizerFiles, where: string): SpecialTokens {
  const { specialTokensMap } = files;
  const map =
    specialTokensMap === undefined || config.added_tokens_decoder
      ? SpecialTokensMap.parse({})
      : parseTokenizerFile(SpecialTokensMap, specialTokensMap, `special_tokens_map.json of ${where}`);
  const defaults = specialTokenDefaults(classOf(config, files));
  const named = NAMED_TOKENS.flatMap((name) => {
    const given = map[name] !== undefined ? map[name] : config[name];
    const token = given === undefined ? defaults[name] : given;
    return token == null ? [] : [[name, token] as const];
  });
  const lists = [config, map].flatMap((file) => [file.additional_special_tokens, file.extra_special_tokens]);
  const more = lists.flatMap((list) => Object.values(list ?? {})).filter((token) => token != null);
  return { named: Object.fromEntries(named), more: [...new Set(more)] };
}

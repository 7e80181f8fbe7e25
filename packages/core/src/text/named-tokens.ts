import { z } from "zod";
import { specialTokenDefaults } from "./special-token-defaults.ts";
import {
  NAMED_TOKENS,
  parseTokenizerFile,
  SpecialTokensMap,
  type NamedToken,
  type TokenizerConfig,
  type TokenizerFiles,
} from "./tokenizer-files.ts";

const ModelJson = z.looseObject({ model_type: z.string().nullish(), tokenizer_class: z.string().nullish() });

/**
 * The special tokens by their names, as transformers finds them: tokenizer_config.json, before it special_tokens_map.json
 * where the config lists no added tokens, then the defaults of the class. A token that a file sets to null is none.
 * @throws UniArmError tokenizer-invalid
 */
export function namedTokens(
  config: TokenizerConfig,
  { specialTokensMap, model }: TokenizerFiles,
  where: string,
): Partial<Record<NamedToken, string>> {
  const json = ModelJson.safeParse(model).data;
  const map =
    specialTokensMap === undefined || config.added_tokens_decoder
      ? {}
      : parseTokenizerFile(SpecialTokensMap, specialTokensMap, `special_tokens_map.json of ${where}`);
  const defaults = specialTokenDefaults(
    config.tokenizer_class ?? json?.tokenizer_class ?? null,
    json?.model_type ?? null,
  );
  return Object.fromEntries(
    NAMED_TOKENS.flatMap((name) => {
      const given = map[name] !== undefined ? map[name] : config[name];
      const token = given === undefined ? defaults[name] : given;
      return token == null ? [] : [[name, token]];
    }),
  );
}

import type { TokenizerConfig, TokenizerJson } from "./tokenizer-files.ts";

type Part = { type: string; [setting: string]: unknown };

/** Of some classes of transformers, the parts of the pipeline that they set from tokenizer_config.json, not from tokenizer.json. */
const SET_BY_CLASS: Readonly<Record<string, (config: TokenizerConfig) => Part>> = {
  GPT2Tokenizer: byteLevel,
  RobertaTokenizer: byteLevel,
  BertTokenizer: bertNormalizer,
  DistilBertTokenizer: bertNormalizer,
};

function byteLevel({ add_prefix_space: prefix }: TokenizerConfig): Part {
  return { type: "ByteLevel", add_prefix_space: prefix ?? false };
}

function bertNormalizer(config: TokenizerConfig): Part {
  return {
    type: "BertNormalizer",
    lowercase: config.do_lower_case ?? true,
    strip_accents: config.strip_accents ?? null,
    handle_chinese_chars: config.tokenize_chinese_chars ?? true,
  };
}

/** The pipeline as the class makes it: where the two files contradict each other, transformers does what its class says. */
export function withClassSettings(json: TokenizerJson, config: TokenizerConfig, className: string): TokenizerJson {
  const set = Object.hasOwn(SET_BY_CLASS, className) ? SET_BY_CLASS[className]!(config) : null;
  if (!set) return json;
  const changed = (part: TokenizerJson["normalizer"]): TokenizerJson["normalizer"] => {
    if (part == null) return part;
    if (part.type === set.type) return { ...part, ...set };
    const list =
      part.type === "Sequence" ? ["normalizers", "pretokenizers"].find((key) => Array.isArray(part[key])) : undefined;
    return list === undefined ? part : { ...part, [list]: (part[list] as Part[]).map(changed) };
  };
  return { ...json, normalizer: changed(json.normalizer), pre_tokenizer: changed(json.pre_tokenizer) };
}

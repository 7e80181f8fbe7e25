import { UniArmError } from "../../schema/error.ts";

/** How a text is cut into words before pairs are merged, and what goes with it; parts of a tokenizer.json. */
export interface BytePairRules {
  pre_tokenizer: object;
  normalizer: object | null;
  /** whether a word that is a token is taken as it is */
  ignoresMerges: boolean;
  /** whether texts begin with the beginning-of-sequence token where the file does not say */
  addsStart: boolean;
}

const byteLevel = (cuts: boolean): object => ({
  type: "ByteLevel",
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: cuts,
});
const split = (Regex: string): object => ({ type: "Split", pattern: { Regex }, behavior: "Isolated", invert: false });
const sequence = (...pretokenizers: object[]): object => ({ type: "Sequence", pretokenizers });

const rules = (pre_tokenizer: object, more: Partial<BytePairRules> = {}): BytePairRules => ({
  pre_tokenizer,
  normalizer: null,
  ignoresMerges: false,
  addsStart: false,
  ...more,
});

/** Words of letters with one sign before them, digits by so many, line ends with what is before them. */
const words = (digits: string): object =>
  sequence(
    split(
      String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|` +
        digits +
        String.raw`| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
    ),
    byteLevel(false),
  );
const gpt2 = rules(byteLevel(true));
const singleDigits = rules(sequence(split(String.raw`\p{N}`), byteLevel(true)));
const llama3 = rules(words(String.raw`\p{N}{1,3}`), { ignoresMerges: true, addsStart: true });
const qwen2 = rules(words(String.raw`\p{N}`), { normalizer: { type: "NFC" } });
/** llama.cpp's own, of files that were made before rules had names */
const older = rules(
  sequence(
    split(String.raw`[\p{P}\$\+<=>\^~\|]+`),
    split(String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)`),
    split(String.raw`\p{N}+`),
    split("[0-9][0-9][0-9]"),
    byteLevel(false),
  ),
);

/** By what `tokenizer.ggml.pre` names. */
const RULES: Readonly<Record<string, BytePairRules>> = {
  default: older,
  "gpt-2": gpt2,
  "phi-2": gpt2,
  smollm: singleDigits,
  starcoder: singleDigits,
  refact: singleDigits,
  codeshell: singleDigits,
  "llama-bpe": llama3,
  llama3,
  "llama-v3": llama3,
  qwen2,
  "deepseek-r1-qwen": qwen2,
};

/** @param name null: the file names none. @throws UniArmError tokenizer-unsupported */
export function bytePairRules(name: string | null, where: string): BytePairRules {
  if (name !== null && Object.hasOwn(RULES, name)) return RULES[name]!;
  const what = name === null ? "names no rules" : `has rules named ${JSON.stringify(name.slice(0, 80))}`;
  throw new UniArmError(
    "tokenizer-unsupported",
    `The tokenizer of ${where} ${what} for cutting texts into words (tokenizer.ggml.pre); known are ${Object.keys(RULES).join(", ")}. ` +
      "Convert the model to GGUF again with a current llama.cpp, or take its folder in Hugging Face's layout.",
  );
}

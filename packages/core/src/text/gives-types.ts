import type { TokenizerConfig } from "./tokenizer-files.ts";

/** Classes of transformers whose tokenizers give token types beside the ids; the others leave them to the model, which takes 0. */
const CLASSES_WITH_TYPES = ["BertTokenizer", "ElectraTokenizer", "DebertaTokenizer", "DebertaV2Tokenizer"];

/** Whether the tokenizer gives the types of a pair to the model: said outright, or by its class; null when neither is there. */
export function givesTypes({ model_input_names: names, tokenizer_class: name }: TokenizerConfig): boolean | null {
  if (Array.isArray(names)) return names.includes("token_type_ids");
  return typeof name === "string" ? CLASSES_WITH_TYPES.includes(name.replace(/Fast$/, "")) : null;
}

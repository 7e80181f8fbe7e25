import type { NamedToken } from "./tokenizer-files.ts";

type Defaults = Readonly<Partial<Record<NamedToken, string>>>;

const BERT: Defaults = {
  unk_token: "[UNK]",
  sep_token: "[SEP]",
  pad_token: "[PAD]",
  cls_token: "[CLS]",
  mask_token: "[MASK]",
};
const ROBERTA: Defaults = {
  bos_token: "<s>",
  eos_token: "</s>",
  unk_token: "<unk>",
  sep_token: "</s>",
  pad_token: "<pad>",
  cls_token: "<s>",
  mask_token: "<mask>",
};
const LLAMA: Defaults = { bos_token: "<s>", eos_token: "</s>", unk_token: "<unk>" };
const GPT2: Defaults = { bos_token: "<|endoftext|>", eos_token: "<|endoftext|>", unk_token: "<|endoftext|>" };

/** The special tokens that transformers' classes have where no file names any; by class without "Fast". */
const BY_CLASS: Readonly<Record<string, Defaults>> = {
  LlamaTokenizer: LLAMA,
  CodeLlamaTokenizer: LLAMA,
  Qwen2Tokenizer: { eos_token: "<|endoftext|>", unk_token: "<|endoftext|>", pad_token: "<|endoftext|>" },
  GPT2Tokenizer: GPT2,
  GPTNeoXTokenizer: { ...GPT2, pad_token: "<|padding|>" },
  GemmaTokenizer: {
    bos_token: "<bos>",
    eos_token: "<eos>",
    unk_token: "<unk>",
    pad_token: "<pad>",
    mask_token: "<mask>",
  },
  BertTokenizer: BERT,
  DistilBertTokenizer: BERT,
  RobertaTokenizer: ROBERTA,
  XLMRobertaTokenizer: ROBERTA,
  CamembertTokenizer: ROBERTA,
  DebertaV2Tokenizer: { ...BERT, bos_token: "[CLS]", eos_token: "[SEP]" },
  T5Tokenizer: { eos_token: "</s>", unk_token: "<unk>", pad_token: "<pad>" },
};

/** The class that transformers takes for a model whose folder names none. Others take one without defaults. */
const CLASS_OF_MODEL: Readonly<Record<string, string>> = {
  qwen2: "Qwen2Tokenizer",
  qwen3: "Qwen2Tokenizer",
  qwen3_moe: "Qwen2Tokenizer",
  gpt2: "GPT2Tokenizer",
  gemma: "GemmaTokenizer",
  gemma2: "GemmaTokenizer",
  gemma3: "GemmaTokenizer",
  gemma3_text: "GemmaTokenizer",
  phi: "GPT2Tokenizer",
  olmo: "GPTNeoXTokenizer",
  bert: "BertTokenizer",
  distilbert: "BertTokenizer",
  roberta: "RobertaTokenizer",
  "xlm-roberta": "XLMRobertaTokenizer",
  camembert: "CamembertTokenizer",
  "deberta-v2": "DebertaV2Tokenizer",
  t5: "T5Tokenizer",
};

/**
 * The class of a tokenizer, without "Fast"; "" for one that has nothing of its own.
 * @param named as tokenizer_config.json or config.json names it; null: that of the model's type
 */
export function tokenizerClass(named: string | null, modelType: string | null): string {
  const ofModel = modelType !== null && Object.hasOwn(CLASS_OF_MODEL, modelType) ? CLASS_OF_MODEL[modelType]! : "";
  return (named ?? ofModel).replace(/Fast$/, "");
}

/** @param name as `tokenizerClass` gives it */
export const specialTokenDefaults = (name: string): Defaults => (Object.hasOwn(BY_CLASS, name) ? BY_CLASS[name]! : {});

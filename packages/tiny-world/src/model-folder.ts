import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createRandom } from "@uniarm/core";
import { trainBytePairEncoding } from "./bpe-trainer.ts";
import type { ShippedModel, TinyWorldModel } from "./pretraining.ts";
import { tokenizerTexts } from "./texts.ts";

const [BOS, EOS] = ["<s>", "</s>"];
/** More than are made: every word of the world is one token before that. */
const REQUESTED_VOCABULARY = 1024;
const TOKENIZER_SEED = 0;
const CONTEXT_TOKENS = 128;

const SIZES: Record<TinyWorldModel, object> = {
  default: { hidden_size: 128, head_dim: 32, num_hidden_layers: 3, intermediate_size: 256 },
  quick: { hidden_size: 128, head_dim: 32, num_hidden_layers: 2, intermediate_size: 384 },
  large: { hidden_size: 256, head_dim: 64, num_hidden_layers: 6, intermediate_size: 768 },
};

/** Folder of a base model that ships with this package. */
export function tinyWorldModel(name: ShippedModel): string {
  return fileURLToPath(new URL(`../models/${name}`, import.meta.url)); // models/ lies beside src/ and beside dist/
}

/** Writes config.json and the tokenizer's files of a base model, which is then pre-trained. */
export async function makeModelFolder(name: TinyWorldModel, folder: string): Promise<void> {
  const { vocabulary, merges } = trainBytePairEncoding(
    tokenizerTexts(createRandom(TOKENIZER_SEED).fork("tokenizer")),
    REQUESTED_VOCABULARY,
    [BOS, EOS],
  );
  const files = {
    "config.json": configOf(name, Object.keys(vocabulary).length),
    "tokenizer.json": tokenizerOf(vocabulary, merges),
    "tokenizer_config.json": {
      tokenizer_class: "PreTrainedTokenizerFast",
      bos_token: BOS,
      eos_token: EOS,
      pad_token: EOS,
      clean_up_tokenization_spaces: false,
      model_max_length: CONTEXT_TOKENS,
      chat_template:
        "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}{{ 'USER: ' + message['content'] + ' ASSISTANT:' }}" +
        "{% else %}{{ ' ' + message['content'] + eos_token }}{% endif %}{% endfor %}",
    },
  };
  await mkdir(folder, { recursive: true });
  for (const [file, content] of Object.entries(files))
    await writeFile(join(folder, file), `${JSON.stringify(content, null, 1)}\n`);
}

function configOf(name: TinyWorldModel, vocabularySize: number): object {
  return {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    vocab_size: vocabularySize,
    ...SIZES[name],
    num_attention_heads: 4,
    num_key_value_heads: 4,
    hidden_act: "silu",
    max_position_embeddings: CONTEXT_TOKENS,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    rope_scaling: null,
    attention_bias: false,
    mlp_bias: false,
    tie_word_embeddings: true,
    bos_token_id: 0,
    eos_token_id: 1,
    pad_token_id: 1,
    torch_dtype: "float32",
  };
}

function tokenizerOf(vocabulary: Record<string, number>, merges: [string, string][]): object {
  const special = (content: string, id: number): object => ({
    id,
    content,
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  });
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [special(BOS, 0), special(EOS, 1)],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      byte_fallback: false,
      ignore_merges: false,
      vocab: vocabulary,
      merges,
    },
  };
}

import type { TokenizerFiles } from "../text/tokenizer-files.ts";
import { createTokenizer, type Tokenizer } from "../text/tokenizer.ts";

export const BYTE_VOCABULARY_SIZE = 258;
const [BOS, EOS] = ["<s>", "</s>"];

/** Byte-level BPE without merges: ids 0-255 are the bytes, 256 is <s>, 257 is </s> (also padding). */
export function byteTokenizerFiles(): TokenizerFiles & { tokenizer: object; config: object; chatTemplate: string } {
  const vocab = Object.fromEntries(byteCharacters().map((character, byte) => [character, byte]));
  const special = (id: number, content: string): object => ({
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
    tokenizer: {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: [special(256, BOS), special(257, EOS)],
      normalizer: null,
      pre_tokenizer: byteLevel,
      post_processor: null,
      decoder: byteLevel,
      model: {
        type: "BPE",
        vocab: { ...vocab, [BOS]: 256, [EOS]: 257 },
        merges: [],
        byte_fallback: false,
        ignore_merges: false,
      },
    },
    config: { bos_token: BOS, eos_token: EOS, pad_token: EOS, tokenizer_class: "PreTrainedTokenizerFast" },
    chatTemplate:
      "{% for message in messages %}{% if message['role'] == 'user' %}{{ 'Q: ' + message['content'] + ' A:' }}" +
      "{% else %}{{ ' ' + message['content'] + eos_token }}{% endif %}{% endfor %}",
  };
}

export function byteTokenizer(): Tokenizer {
  return createTokenizer(byteTokenizerFiles(), "the byte tokenizer");
}

/** GPT-2's printable stand-in for each byte: itself where it is printable, else the next free character from U+0100 on. */
function byteCharacters(): string[] {
  const printable = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : next++));
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createTokenizer } from "../../src/text/tokenizer.ts";

const path = join(import.meta.dirname, "../golden/combinations/tokenizers.jsonl");
const [{ models }] = [readFileSync(path, "utf8").split("\n", 1)[0]!].map(
  (line) => JSON.parse(line) as { models: Record<string, object> },
) as [{ models: Record<string, object> }];
const bert = {
  type: "BertNormalizer",
  clean_text: true,
  handle_chinese_chars: true,
  strip_accents: null,
  lowercase: true,
};
const wordPiece = { model: models.wordpiece, normalizer: bert, pre_tokenizer: { type: "BertPreTokenizer" } };
const byteLevel = (prefix: boolean): object => ({
  model: models["byte-bpe"],
  pre_tokenizer: { type: "ByteLevel", add_prefix_space: prefix, trim_offsets: true, use_regex: true },
});
const LOWER = ["y", "##e", "##s", "t", "##h", "##e"];
const PLAIN = ["Ye", "s", "Ġ", "T", "H", "E"];

// by transformers 5.24: AutoTokenizer.from_pretrained(folder).tokenize("Yes THE")
test.each([
  [
    "lower case is do_lower_case of BertTokenizer",
    wordPiece,
    { tokenizer_class: "BertTokenizer", do_lower_case: false },
    ["Yes", "[UNK]"],
  ],
  [
    "which is true where nothing is said",
    { ...wordPiece, normalizer: { ...bert, lowercase: false } },
    { tokenizer_class: "BertTokenizerFast" },
    LOWER,
  ],
  [
    "other classes do as tokenizer.json says",
    wordPiece,
    { tokenizer_class: "PreTrainedTokenizerFast", do_lower_case: false },
    LOWER,
  ],
  [
    "the blank before a text is add_prefix_space of GPT2Tokenizer",
    byteLevel(false),
    { tokenizer_class: "GPT2Tokenizer", add_prefix_space: true },
    ["Ġ", ...PLAIN],
  ],
  ["of which there is none where nothing is said", byteLevel(true), { tokenizer_class: "GPT2Tokenizer" }, PLAIN],
  [
    "of RobertaTokenizer, too",
    byteLevel(false),
    { tokenizer_class: "RobertaTokenizer", add_prefix_space: true },
    ["Ġ", ...PLAIN],
  ],
  ["and of no other class", byteLevel(false), { add_prefix_space: true }, PLAIN],
])("%s", (_, tokenizer, config, tokens) => {
  const made = createTokenizer({ tokenizer, config }, "test", { promptFormat: "plain" });
  expect(made.encode("Yes THE").map((id) => made.tokenOf(id))).toEqual(tokens);
});

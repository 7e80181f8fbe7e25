import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { byteTokenizerFiles } from "../../src/testing/byte-tokenizer.ts";
import { temporaryFolder } from "../../src/testing/temporary-folder.ts";
import { createTokenizer, loadTokenizer } from "../../src/text/tokenizer.ts";

const { tokenizer } = byteTokenizerFiles();
const eosOf = (files: object): [number | null, string | null] => {
  const made = createTokenizer({ tokenizer, config: {}, ...files }, "test", { promptFormat: "plain" });
  return [made.eosTokenId, made.eosTokenId === null ? null : made.tokenOf(made.eosTokenId)];
};

test("special_tokens_map.json names what tokenizer_config.json does not, and comes before it", () => {
  expect(eosOf({ specialTokensMap: { eos_token: { content: "</s>", lstrip: false } } })).toEqual([257, "</s>"]);
  expect(eosOf({ config: { eos_token: "<s>" }, specialTokensMap: { eos_token: "</s>" } })).toEqual([257, "</s>"]);
});

test("a config that lists its added tokens is not overruled by special_tokens_map.json", () => {
  const config = { eos_token: "<s>", added_tokens_decoder: { "256": { content: "<s>", special: true } } };
  expect(eosOf({ config, specialTokensMap: { eos_token: "</s>" } })).toEqual([256, "<s>"]);
});

test("without a name in any file the class of the tokenizer, else of the model, has its own", () => {
  expect(eosOf({ config: { tokenizer_class: "LlamaTokenizerFast" } })).toEqual([257, "</s>"]);
  expect(eosOf({ model: { model_type: "llama" } })).toEqual([null, null]);
  expect(eosOf({ config: { tokenizer_class: "LlamaTokenizer", eos_token: null } })).toEqual([null, null]);
});

test("a special token that no vocabulary has gets the next id, as in transformers", () => {
  expect(eosOf({ model: { model_type: "gpt2" } })).toEqual([258, "<|endoftext|>"]);
});

test("a named token of the vocabulary is special although tokenizer.json does not say so", () => {
  const made = createTokenizer({ tokenizer, config: { pad_token: "x" } }, "test", { promptFormat: "plain" });
  expect(made.decode(made.encode("axb"), { skipSpecialTokens: true })).toBe("ab");
});

test.each([
  ["a list", ["x", { content: "y" }]],
  ["names", { image: "x", end: "y" }],
])("special tokens that a file lists are special, as %s", (_, extra) => {
  const config = { additional_special_tokens: extra };
  const made = createTokenizer({ tokenizer, config }, "test", { promptFormat: "plain" });
  expect(made.decode(made.encode("axbyc"), { skipSpecialTokens: true })).toBe("abc");
});

test("several chat templates of which none is the default are refused by their names", () => {
  const templates = ["rag", "tool_use"].map((name) => ({ name, template: "x" }));
  expect(() => eosOf({ config: { chat_template: templates } })).toThrow(
    'The tokenizer of test has chat templates for "rag", "tool_use", and none is named "default". Name the one to use so in tokenizer_config.json.',
  );
});

test("a folder with a SentencePiece model alone is told the command that converts it", async () => {
  const { path: folder, remove } = await temporaryFolder();
  await writeFile(join(folder, "tokenizer.model"), "");
  await expect(loadTokenizer(folder)).rejects.toThrow(
    `Model folder ${folder} has its tokenizer in tokenizer.model alone; expected tokenizer.json. Convert it: python -c "from transformers import AutoTokenizer as T; T.from_pretrained('${folder}').save_pretrained('${folder}')"`,
  );
  await remove();
});

test("a folder that is none is named as such", async () => {
  for (const folder of ["/nowhere", import.meta.filename])
    await expect(loadTokenizer(folder)).rejects.toThrow(`There is no model folder ${folder}.`);
});

test("parts of a pipeline that are not computed are refused by their names", () => {
  const normalizer = { type: "Opencc" };
  expect(() => eosOf({ tokenizer: { ...tokenizer, normalizer } })).toThrow(
    'The tokenizer asks for a normalizer "Opencc", which is not computed here. Use a model whose tokenizer does without it.',
  );
});

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../src/testing/temporary-folder.ts";
import { loadTokenizer } from "../../src/text/tokenizer.ts";
import { goldenFolder, readGolden } from "../support/golden.ts";
import { flag, float32s, ggufFile, int32s, text, texts, uint32, type GgufInput } from "../support/gguf-file.ts";

interface Json {
  model: { vocab: Record<string, number>; merges: (string | [string, string])[] };
  added_tokens: { id: number; content: string; special: boolean }[];
}

/** The keys that llama.cpp's converter writes for a tokenizer of these files. */
async function keysOf(name: string, more: GgufInput): Promise<GgufInput> {
  const folder = join(goldenFolder, "tokenizers", name);
  const json = JSON.parse(await readFile(join(folder, "tokenizer.json"), "utf8")) as Json;
  const config = JSON.parse(await readFile(join(folder, "tokenizer_config.json"), "utf8")) as Record<string, unknown>;
  const { vocab, merges } = json.model;
  const tokens: string[] = [];
  for (const [token, id] of Object.entries(vocab)) tokens[id] = token;
  const types = tokens.map(() => 1);
  for (const { id, content, special } of json.added_tokens) {
    tokens[id] = content;
    types[id] = content === "<unk>" ? 2 : special ? 3 : 4;
  }
  tokens.forEach((token, id) => {
    if (/^<0x[0-9A-F]{2}>$/.test(token)) types[id] = 6;
  });
  const idOf = (key: string): GgufInput => {
    const token = config[`${key}_token`];
    return typeof token === "string" ? { [`tokenizer.ggml.${key}_token_id`]: uint32(tokens.indexOf(token)) } : {};
  };
  const template = (await loadTokenizer(folder)).chatTemplate?.source;
  return {
    "general.architecture": text("llama"),
    "tokenizer.ggml.tokens": texts(tokens),
    "tokenizer.ggml.token_type": int32s(types),
    "tokenizer.ggml.merges": texts(merges.map((merge) => (typeof merge === "string" ? merge : merge.join(" ")))),
    ...idOf("bos"),
    ...idOf("eos"),
    ...(template === undefined ? {} : { "tokenizer.chat_template": text(template) }),
    ...more,
  };
}

async function written(keys: GgufInput): Promise<string> {
  const { path, remove } = await temporaryFolder();
  onTestFinished(remove);
  await writeFile(join(path, "model.gguf"), ggufFile(keys));
  return join(path, "model.gguf");
}

interface Golden {
  strings: { text: string; ids: number[]; ids_plain: number[]; ids_split_special: number[]; decoded: string }[];
}

const bytePairs = (pre: string): GgufInput => ({
  "tokenizer.ggml.model": text("gpt2"),
  "tokenizer.ggml.pre": text(pre),
});

test.each([
  ["gpt2", bytePairs("gpt-2")],
  ["qwen", bytePairs("qwen2")],
  ["llama3", bytePairs("llama-bpe")],
])("the tokenizer %s gives the original's ids from a GGUF file", async (name, more) => {
  const tokenizer = await loadTokenizer(await written(await keysOf(name, more)));
  for (const { text: given, ...golden } of readGolden<Golden>(`tokenizers/${name}/expect.json`).strings) {
    expect(tokenizer.encode(given), given).toEqual(golden.ids_plain);
    expect(tokenizer.encode(given, { addSpecialTokens: true }), given).toEqual(golden.ids);
    expect(tokenizer.encode(given, { specialTokens: "text" }), given).toEqual(golden.ids_split_special);
    expect(tokenizer.decode(golden.ids_plain), given).toBe(golden.decoded);
  }
  const original = await loadTokenizer(join(goldenFolder, "tokenizers", name));
  expect(tokenizer.chatTemplate?.source).toBe(original.chatTemplate?.source);
  expect(tokenizer.startIds).toEqual(original.startIds);
});

/** Merges in their order are scores that fall; pieces that no merge makes have the lowest. */
async function scoredKeys(): Promise<GgufInput> {
  const keys = await keysOf("llama2-legacy", { "tokenizer.ggml.model": text("llama") });
  const folder = join(goldenFolder, "tokenizers", "llama2-legacy");
  const { model } = JSON.parse(await readFile(join(folder, "tokenizer.json"), "utf8")) as Json;
  const made = model.merges.map((merge) => (typeof merge === "string" ? merge.split(" ") : merge).join(""));
  const scores = Object.entries(model.vocab).toSorted(([, one], [, other]) => one - other);
  const scoreOf = (token: string): number => (made.includes(token) ? -made.indexOf(token) : -1e6);
  const { "tokenizer.ggml.merges": _, ...others } = keys;
  return { ...others, "tokenizer.ggml.scores": float32s(scores.map(([token]) => scoreOf(token))) };
}

test("pieces with scores are joined as the original joins them, with bytes for what no piece has", async () => {
  const tokenizer = await loadTokenizer(await written(await scoredKeys()));
  for (const { text: given, ...golden } of readGolden<Golden>("tokenizers/llama2-legacy/expect.json").strings) {
    expect(tokenizer.encode(given), given).toEqual(golden.ids_plain);
    expect(tokenizer.encode(given, { addSpecialTokens: true }), given).toEqual(golden.ids);
    expect(tokenizer.decode(golden.ids_plain), given).toBe(golden.decoded);
  }
});

test("add_bos_token, add_eos_token and add_space_prefix are followed", async () => {
  const keys = await scoredKeys();
  const plain = await loadTokenizer(await written(keys));
  const changed = await loadTokenizer(
    await written({
      ...keys,
      "tokenizer.ggml.add_bos_token": flag(false),
      "tokenizer.ggml.add_eos_token": flag(true),
      "tokenizer.ggml.add_space_prefix": flag(false),
    }),
  );
  const framed = changed.encode("the", { addSpecialTokens: true });
  expect(framed).toEqual([...changed.encode("the"), changed.eosTokenId]);
  expect(plain.startIds).toEqual([plain.bosTokenId]);
  expect(changed.encode(" the")).toEqual(plain.encode("the"));
});

test.each<[string, GgufInput, RegExp]>([
  [
    "unknown rules for words",
    bytePairs("gibberish"),
    /has rules named "gibberish" for cutting texts into words \(tokenizer\.ggml\.pre\); known are default, gpt-2/,
  ],
  [
    "no rules, of an architecture that has several",
    { "tokenizer.ggml.model": text("gpt2") },
    /names no rules for cutting/,
  ],
  [
    "another kind",
    { "tokenizer.ggml.model": text("bert") },
    /is of kind "bert" \(tokenizer\.ggml\.model\); read are gpt2 and llama/,
  ],
  [
    "an end that is no token",
    { ...bytePairs("gpt-2"), "tokenizer.ggml.eos_token_id": uint32(10 ** 6) },
    /eos_token_id 1000000 is none of its \d+ tokens/,
  ],
  [
    "types of other tokens",
    { ...bytePairs("gpt-2"), "tokenizer.ggml.token_type": int32s([1]) },
    /tokens and 1 entries of token_type/,
  ],
  [
    "a token twice",
    {
      ...bytePairs("gpt-2"),
      "tokenizer.ggml.tokens": texts(["a", "a"]),
      "tokenizer.ggml.token_type": int32s([1, 1]),
      "tokenizer.ggml.bos_token_id": uint32(0),
      "tokenizer.ggml.eos_token_id": uint32(0),
    },
    /token "a" appears twice/,
  ],
])("a tokenizer with %s is refused", async (_name, more, sentence) => {
  await expect(loadTokenizer(await written(await keysOf("gpt2", more)))).rejects.toThrow(sentence);
});

test("a file without a tokenizer says so", async () => {
  await expect(loadTokenizer(await written({ "general.architecture": text("llama") }))).rejects.toThrow(
    /holds no tokenizer/,
  );
});

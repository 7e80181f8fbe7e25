import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  createTokenizer,
  decodeResponse,
  encodePrompt,
  encodeResponse,
  loadTokenizer,
} from "../../src/text/tokenizer.ts";
import { byteTokenizer, byteTokenizerFiles } from "../../src/testing/byte-tokenizer.ts";
import { temporaryFolder } from "../../src/testing/temporary-folder.ts";
import { goldenFolder, readGolden } from "../support/golden.ts";

interface TokenizerGolden {
  vocabulary_size: number;
  special: Record<"eos_token" | "pad_token", { id: number }>;
  strings: { text: string; ids_plain: number[]; decoded: string; decoded_skip_special: string }[];
  chats: { messages: { role: string; content: string }[]; add_generation_prompt: boolean; rendered: string }[];
}

test.each(["gpt2", "qwen"])("%s encodes and decodes every awkward string as the original does", async (name) => {
  const golden = readGolden<TokenizerGolden>(`tokenizers/${name}/expect.json`);
  const tokenizer = await loadTokenizer(join(goldenFolder, "tokenizers", name));
  expect(tokenizer.vocabularySize).toBe(golden.vocabulary_size);
  expect(tokenizer.eosTokenId).toBe(golden.special.eos_token.id);
  expect(tokenizer.padTokenId).toBe(golden.special.pad_token.id);
  for (const { text, ids_plain: ids, decoded, decoded_skip_special: skipped } of golden.strings) {
    expect(tokenizer.encode(text), text).toEqual(ids);
    expect(tokenizer.decode(ids), text).toBe(decoded);
    expect(tokenizer.decode(ids, { skipSpecialTokens: true }), text).toBe(skipped);
  }
});

test("ChatML: the prompt ends where the assistant speaks, the response where it stops", async () => {
  const { promptFormat } = await loadTokenizer(join(goldenFolder, "tokenizers", "qwen"));
  expect(promptFormat.prompt("Hi?")).toBe(
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\nHi?<|im_end|>\n<|im_start|>assistant\n",
  );
  expect(promptFormat.response("Hello.")).toBe("Hello.");
});

test("without a chat template the response follows the prompt after a space", async () => {
  const { promptFormat } = await loadTokenizer(join(goldenFolder, "tokenizers", "gpt2"));
  expect(promptFormat.prompt("Hi?")).toBe("Hi?");
  expect(promptFormat.response("Hello.")).toBe(" Hello.");
});

test("the byte tokenizer gives bytes and takes any text back", () => {
  const tokenizer = byteTokenizer();
  expect(tokenizer.vocabularySize).toBe(258);
  expect(tokenizer.encode("A é</s>")).toEqual([65, 32, 0xc3, 0xa9, 257]);
  const text = "Grüße, 日本\n\t 🙂";
  expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  expect([tokenizer.encode(""), tokenizer.decode([])]).toEqual([[], ""]);
});

test("a response is encoded with its end of sequence and decoded without special tokens", () => {
  const tokenizer = byteTokenizer();
  expect(tokenizer.decode(encodePrompt(tokenizer, "Why?"))).toBe("Q: Why? A:");
  const ids = encodeResponse(tokenizer, "Because.");
  expect(tokenizer.decode(ids)).toBe(" Because.</s>");
  expect(ids.filter((id) => id === 257)).toHaveLength(1);
  expect(decodeResponse(tokenizer, ids)).toBe("Because.");
  expect(decodeResponse(tokenizer, [257])).toBe("");
});

test("a template that trims keeps prompt and response apart", () => {
  const files = byteTokenizerFiles();
  const chatTemplate =
    "{% for message in messages %}{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + message['content'] | trim + ' [/INST]' }}" +
    "{% else %}{{ ' ' + message['content'] | trim + ' ' + eos_token }}{% endif %}{% endfor %}";
  const tokenizer = createTokenizer({ ...files, chatTemplate }, "test");
  expect(tokenizer.promptFormat.prompt(" Hi ")).toBe("<s>[INST] Hi [/INST]");
  expect(tokenizer.promptFormat.response(" Yes ")).toBe(" Yes ");
  expect(encodePrompt(tokenizer, "Hi")[0]).toBe(256);
});

test.each([
  ["{% for %}", /The chat template of test is not valid Jinja/],
  ["{{ raise_exception('no system') }}", /The chat template of test does not render/],
  [
    "{{ messages | length }}{% for m in messages %}{{ m.content }}{% endfor %}",
    /a response cannot be told from its prompt/,
  ],
])("the chat template %s is refused with the reason", (chatTemplate, message) => {
  const attempt = (): string =>
    createTokenizer({ ...byteTokenizerFiles(), chatTemplate }, "test").promptFormat.response("x");
  expect(attempt).toThrow(message);
  expect(attempt).toThrow(expect.objectContaining({ code: "chat-template-invalid" }));
});

test("chat_template.jinja beside the tokenizer wins over tokenizer_config.json", async () => {
  const { path, remove } = await temporaryFolder();
  try {
    await expect(loadTokenizer(path)).rejects.toThrow(`Model folder ${path} has no tokenizer.json.`);
    await writeFile(join(path, "tokenizer.json"), "[");
    await expect(loadTokenizer(path)).rejects.toThrow(/tokenizer\.json is not JSON/);
    await writeFile(join(path, "tokenizer.json"), JSON.stringify({ model: {} }));
    await expect(loadTokenizer(path)).rejects.toMatchObject({ code: "tokenizer-invalid" });
    await writeFile(join(path, "tokenizer.json"), JSON.stringify(byteTokenizerFiles().tokenizer));
    expect((await loadTokenizer(path)).eosTokenId).toBeNull();
    await writeFile(
      join(path, "tokenizer_config.json"),
      JSON.stringify({ eos_token: { content: "</s>" }, chat_template: "a" }),
    );
    await writeFile(join(path, "chat_template.jinja"), "{% for m in messages %}<{{ m.content }}>{% endfor %}");
    const tokenizer = await loadTokenizer(path);
    expect([tokenizer.eosTokenId, tokenizer.promptFormat.prompt("x")]).toEqual([257, "<x>"]);
  } finally {
    await remove();
  }
});

test("a tokenizer without an end of sequence cannot close a response", () => {
  const { tokenizer } = byteTokenizerFiles();
  const open = createTokenizer({ tokenizer, config: {} }, "test");
  expect(() => encodeResponse(open, "x")).toThrow("The tokenizer names no eos_token");
});

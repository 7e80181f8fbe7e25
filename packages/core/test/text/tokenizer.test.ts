import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Message } from "../../src/schema/message.ts";
import { PROMPT_FORMATS } from "../../src/schema/prompt-format.ts";
import { byteTokenizer, byteTokenizerFiles } from "../../src/testing/byte-tokenizer.ts";
import { temporaryFolder } from "../../src/testing/temporary-folder.ts";
import { compareTokenizers, describeDifferences } from "../../src/text/compare.ts";
import { textOf } from "../../src/text/pieces.ts";
import {
  createTokenizer,
  encodePrompt,
  encodeResponse,
  loadTokenizer,
  promptText,
  type Tokenizer,
} from "../../src/text/tokenizer.ts";
import { goldenFolder, readGolden } from "../support/golden.ts";

interface TokenizerGolden {
  vocabulary_size: number;
  special: Partial<Record<"bos_token" | "eos_token" | "pad_token", { id: number }>>;
  strings: {
    text: string;
    ids: number[];
    ids_plain: number[];
    ids_split_special: number[];
    decoded: string;
    decoded_skip_special: string;
  }[];
  chats: { messages: Message[]; add_generation_prompt: boolean; text?: string; ids?: number[]; error?: true }[];
}

const NAMES = ["gpt2", "qwen", "llama3", "llama2-legacy", "llama2-metaspace"];

describe.each(NAMES)("the tokenizer %s", (name) => {
  const golden = readGolden<TokenizerGolden>(`tokenizers/${name}/expect.json`);
  const load = (): Promise<Tokenizer> => loadTokenizer(join(goldenFolder, "tokenizers", name));

  test("encodes and decodes every awkward string as the original does", async () => {
    const tokenizer = await load();
    for (const string of golden.strings) {
      const { text, ids_plain: ids, decoded, decoded_skip_special: skipped } = string;
      expect(tokenizer.encode(text), text).toEqual(ids);
      expect(tokenizer.encode(text, { addSpecialTokens: true }), text).toEqual(string.ids);
      expect(tokenizer.encode(text, { specialTokens: "text" }), text).toEqual(string.ids_split_special);
      expect(tokenizer.decode(ids), text).toBe(decoded);
      expect(tokenizer.decode(ids, { skipSpecialTokens: true }), text).toBe(skipped);
    }
  });

  test("has the original's special tokens", async () => {
    const tokenizer = await load();
    const { bos_token: bos, eos_token: eos, pad_token: pad } = golden.special;
    expect(tokenizer.vocabularySize).toBe(golden.vocabulary_size);
    expect([tokenizer.bosTokenId, tokenizer.eosTokenId, tokenizer.padTokenId]).toEqual([
      bos?.id ?? null,
      eos?.id ?? null,
      pad?.id ?? null,
    ]);
  });

  test.runIf(golden.chats.length > 0)("renders every chat as the original does, or refuses it as it does", async () => {
    const tokenizer = await load();
    const chatTemplate = tokenizer.chatTemplate!;
    for (const { messages, add_generation_prompt: prompt, text, ids, error } of golden.chats) {
      if (error) {
        expect(() => chatTemplate.render(messages, prompt)).toThrow(/does not render/);
        continue;
      }
      const pieces = chatTemplate.render(messages, prompt);
      expect(textOf(pieces)).toBe(text);
      expect(tokenizer.encodePieces(pieces), text).toEqual(ids);
    }
  });

  test("takes a user's special tokens for text, and its own for what they are", async () => {
    const tokenizer = await load();
    const { eosTokenId, specialTokens } = tokenizer;
    const written = [...specialTokens.keys()].join(" ");
    const count = (ids: readonly number[]): number =>
      ids.filter((id) => [...specialTokens.values()].includes(id)).length;
    const innocent = encodePrompt(tokenizer, "Say it.");
    const hostile = encodePrompt(tokenizer, `Say ${written} it.`);
    expect(count(hostile)).toBe(count(innocent));
    expect(tokenizer.decode(hostile)).toContain(written);
    const response = encodeResponse(tokenizer, `No: ${written}`);
    expect(count(response)).toBe(1);
    expect(response.at(-1)).toBe(eosTokenId);
    expect(tokenizer.decode(response)).toContain(written);
  });

  test("gives prompt and response the ids that they have as one text", async () => {
    const tokenizer = await load();
    const { promptFormat } = tokenizer;
    const pieces = [...promptFormat.prompt("Why is the sky blue?"), ...promptFormat.response("Because it is.")];
    const parts = [...encodePrompt(tokenizer, "Why is the sky blue?"), ...encodeResponse(tokenizer, "Because it is.")];
    const start = promptFormat.writesStart ? [] : tokenizer.startIds;
    expect(parts).toEqual([...start, ...tokenizer.encodePieces(pieces), tokenizer.eosTokenId]);
  });

  test.each(PROMPT_FORMATS)("has at most one beginning of sequence in a prompt of format %s", async (promptFormat) => {
    if (promptFormat === "chat-template" && golden.chats.length === 0) {
      await expect(loadTokenizer(join(goldenFolder, "tokenizers", name), { promptFormat })).rejects.toThrow(
        "has no chat template. Set promptFormat to plain",
      );
      return;
    }
    const tokenizer = await loadTokenizer(join(goldenFolder, "tokenizers", name), { promptFormat });
    const ids = encodePrompt(tokenizer, "Hi?");
    const wanted = tokenizer.startIds.length > 0 || name === "llama3" ? 1 : 0;
    expect(ids.filter((id) => id === tokenizer.bosTokenId)).toHaveLength(wanted);
    expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toContain("Hi?");
  });
});

test("the post-processor says what begins a text, whatever add_bos_token says, as in transformers", async () => {
  const folder = join(goldenFolder, "tokenizers", "llama2-legacy");
  const [tokenizer, config] = await Promise.all(
    ["tokenizer.json", "tokenizer_config.json"].map(
      async (file) => JSON.parse(await readFile(join(folder, file), "utf8")) as Record<string, unknown>,
    ),
  );
  const starts = [undefined, true, false].map((given) => {
    const files = { tokenizer, config: { ...config, add_bos_token: given } };
    return createTokenizer(files, "test", { promptFormat: "plain" }).startIds;
  });
  expect(starts).toEqual([[1], [1], [1]]);
});

test.each<[(typeof PROMPT_FORMATS)[number], string, string]>([
  ["plain", "Hi?", " Hello."],
  ["beaver", "BEGINNING OF CONVERSATION: USER: Hi? ASSISTANT:", "Hello."],
  [
    "alpaca",
    "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n### Instruction:\nHi?\n\n### Response:",
    "Hello.",
  ],
  ["tulu", "<|user|>\nHi?\n<|assistant|>\n", "Hello."],
  ["hh", "\n\nHuman: Hi?\n\nAssistant:", " Hello."],
])("the format %s is written as its models were trained", async (promptFormat, prompt, response) => {
  const tokenizer = await loadTokenizer(join(goldenFolder, "tokenizers", "gpt2"), { promptFormat });
  expect(promptText(tokenizer, "Hi?")).toBe(prompt);
  expect(textOf(tokenizer.promptFormat.response("Hello."))).toBe(response);
});

test("a dialogue of several turns, and a transcript as it is", async () => {
  const folder = join(goldenFolder, "tokenizers", "llama2-legacy");
  const turns: Message[] = [
    { role: "user", content: "A?" },
    { role: "assistant", content: "B." },
    { role: "user", content: "C?" },
  ];
  const written = async (promptFormat: (typeof PROMPT_FORMATS)[number]): Promise<string> =>
    promptText(await loadTokenizer(folder, { promptFormat }), turns);
  expect(await written("beaver")).toBe("BEGINNING OF CONVERSATION: USER: A? ASSISTANT:B.</s>USER: C? ASSISTANT:");
  expect(await written("hh")).toBe("\n\nHuman: A?\n\nAssistant: B.\n\nHuman: C?\n\nAssistant:");
  expect(await written("tulu")).toBe("<|user|>\nA?\n<|assistant|>\nB.</s>\n<|user|>\nC?\n<|assistant|>\n");
  const hh = await loadTokenizer(folder, { promptFormat: "hh" });
  const transcript = "\n\nHuman: A?\n\nAssistant: B.\n\nHuman: C?\n\nAssistant:";
  expect(promptText(hh, transcript)).toBe(transcript);
});

test("ChatML: the prompt ends where the assistant speaks, the response where it stops", async () => {
  const tokenizer = await loadTokenizer(join(goldenFolder, "tokenizers", "qwen"));
  expect(promptText(tokenizer, "Hi?")).toBe(
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\nHi?<|im_end|>\n<|im_start|>assistant\n",
  );
  expect(textOf(tokenizer.promptFormat.response("Hello."))).toBe("Hello.");
});

test("ids that no token has are left out of the text", () => {
  expect(byteTokenizer().decode([65, 5000, 66])).toBe("AB");
  expect(byteTokenizer().decode([5000])).toBe("");
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
  expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe(" Because.");
});

test("a response that was cut off has no end, no half character and nothing that a template writes behind an answer", () => {
  const plain = byteTokenizer();
  expect(plain.decode(encodeResponse(plain, "Becau\uFFFD", { isCut: true }))).toBe(" Becau");
  expect(encodeResponse(plain, "\uFFFD", { isCut: true })).toEqual([]);
  const files = byteTokenizerFiles();
  const chatTemplate = "{% for m in messages %}[{{ m.role }}]{{ m.content }}[end]{{ eos_token }}\n{% endfor %}";
  const chat = createTokenizer({ ...files, chatTemplate }, "test");
  const written = (isCut: boolean): string => chat.decode(encodeResponse(chat, "Becau", { isCut }));
  expect([written(false), written(true)]).toEqual(["[assistant]Becau[end]</s>", "[assistant]Becau"]);
});

test("a template that trims keeps prompt and response apart", () => {
  const files = byteTokenizerFiles();
  const chatTemplate =
    "{% for message in messages %}{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + message['content'] | trim + ' [/INST]' }}" +
    "{% else %}{{ ' ' + message['content'] | trim + ' ' + eos_token }}{% endif %}{% endfor %}";
  const tokenizer = createTokenizer({ ...files, chatTemplate }, "test");
  expect(promptText(tokenizer, " Hi ")).toBe("<s>[INST] Hi [/INST]");
  expect(textOf(tokenizer.promptFormat.response(" Yes "))).toBe(" Yes ");
  expect(encodePrompt(tokenizer, "Hi")[0]).toBe(256);
});

test.each([
  ["{% for %}", /The chat template of test is not valid Jinja/],
  ["{{ 12345678901234567890 }}", /is not valid Jinja: it has a whole number beyond 2\^53/],
  ["{{ raise_exception('no system') }}", /The chat template of test does not render/],
  ["{% for i in range(1000000000) %}{% endfor %}", /a range of 1000000000 numbers; the limit is 100000/],
  [
    "{% set r = range(9999) %}{% for a in r %}{% for b in r %}{% for c in r %}{% endfor %}{% endfor %}{% endfor %}",
    /it takes more than 2000000 steps/,
  ],
  [
    "{% set ns = namespace(text='x') %}{% for i in range(40) %}{% set ns.text = ns.text + ns.text %}{% endfor %}",
    /it makes a text of \d+ characters; the limit is 16000000/,
  ],
  [
    "{% set ns = namespace(list=[1]) %}{% for i in range(40) %}{% set ns.list = ns.list + ns.list %}{% endfor %}",
    /it makes a list of \d+ elements; the limit is 1000000/,
  ],
  [
    "{% set all %}{% for i in range(90000) %}{{ 'x' * 9000 }}{% endfor %}{% endset %}",
    /it makes a text of \d+ characters; the limit is 16000000/,
  ],
  ["{{ [1] | batch(10 ** 9, 0) | list }}", /it makes a list of 1000000000 elements; the limit is 1000000/],
  ["{{ [1] | slice(10 ** 9) | list }}", /it makes a list of 1000000000 elements; the limit is 1000000/],
  ["{{ [[1]] | unique | list }}", /unhashable type: 'list'/],
  ["{{ 'x'.ljust(10 ** 9) }}", /it makes a text of \d+ characters; the limit is 16000000/],
  ["{{ 2 ** 60 }}", /it has a whole number beyond 2\^53/],
  ["{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", /it calls itself too deeply/],
])("the chat template %s is refused with the reason", (chatTemplate, message) => {
  const attempt = (): string =>
    textOf(createTokenizer({ ...byteTokenizerFiles(), chatTemplate }, "test").promptFormat.response("x"));
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
    expect([tokenizer.eosTokenId, promptText(tokenizer, "x")]).toEqual([257, "<x>"]);
  } finally {
    await remove();
  }
});

test("a tokenizer without an end of sequence cannot close a response", () => {
  const { tokenizer } = byteTokenizerFiles();
  const open = createTokenizer({ tokenizer, config: {} }, "test");
  expect(() => encodeResponse(open, "x")).toThrow("The tokenizer names no eos_token");
});

test("two tokenizers are compared id by id", async () => {
  const load = (name: string): Promise<Tokenizer> => loadTokenizer(join(goldenFolder, "tokenizers", name));
  const [one, same] = [byteTokenizer(), byteTokenizer()];
  expect(compareTokenizers(one, same)).toMatchObject({ same: true, shared: 258, sameChatTemplate: true });
  const files = byteTokenizerFiles();
  const added = (files.tokenizer as { added_tokens: { id: number; content: string }[] }).added_tokens;
  added.push({ ...added[0]!, id: 258, content: "[PAD]" });
  const padded = createTokenizer(files, "padded");
  const comparison = compareTokenizers(one, padded);
  expect(comparison).toMatchObject({ same: false, sizes: [258, 259], shared: 258, differentCount: 1 });
  expect(comparison.specialTokens).toEqual([{ token: "[PAD]", ids: [null, 258] }]);
  expect(describeDifferences(comparison)).toBe('id 258 is nothing in the first and "[PAD]" in the second');
  const far = compareTokenizers(await load("gpt2"), await load("qwen"));
  expect(far.differentCount).toBeGreaterThan(100);
  expect(far.different).toHaveLength(100);
  expect(far.sameChatTemplate).toBe(false);
});

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  encodeResponse,
  loadTokenizer,
  loadTransformer,
  promptText,
  readForeignAdapter,
  readModelConfig,
} from "@uniarm/core";
import { DecodingConfig, RewardModelConfig, TrainingConfig } from "@uniarm/core/schema";
import { byteTokenizerFiles, collect, temporaryFolder, writeTinyModel } from "@uniarm/core/testing";
import { dataFiles, readPairs } from "@uniarm/data";
import { decode } from "@uniarm/decoder";
import { openRewardModels } from "@uniarm/eval";
import { train } from "@uniarm/trainer";
import { afterAll, beforeAll, expect, test } from "vitest";
import { golden } from "../golden.ts";

const PAGE = join(import.meta.dirname, "../../../../docs/your-own-model-and-data.md");
let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
  await writeTinyModel(join(folder, "model"));
});
afterAll(async () => remove());

/** Writes files below a folder of its own: text as it is, anything else as JSON. */
async function place(name: string, files: Record<string, unknown>): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name, path)), { recursive: true });
    const isText = typeof content === "string" || content instanceof Uint8Array;
    await writeFile(join(folder, name, path), isText ? content : JSON.stringify(content));
  }
  return join(folder, name);
}

const { tokenizer, config: tokenizerConfig } = byteTokenizerFiles();
const LLAMA = JSON.parse(await readFile(join(golden("core", "models/llama"), "config.json"), "utf8")) as object;
const LORA = { peft_type: "LORA", r: 2, lora_alpha: 4, target_modules: ["q_proj"], task_type: "CAUSAL_LM" };
const PAIR = { prompt: "Hi?", responses: ["Yes.", "No."], winners: { helpful: 0, harmless: 1 } };
const OBJECTIVES = ["helpful", "harmless"].map((name) => ({ name, description: name }));

const inspected = async (name: string, more: object): Promise<unknown> =>
  readModelConfig(await place(name, { "config.json": { ...LLAMA, ...more } }));
const tokenized = async (name: string, files: Record<string, unknown>) =>
  loadTokenizer(await place(name, { "tokenizer.json": tokenizer, "tokenizer_config.json": tokenizerConfig, ...files }));
const rows = async (name: string, lines: readonly unknown[], format?: object): Promise<unknown> => {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  return collect(readPairs(join(await place(name, { "rows.jsonl": text }), "rows.jsonl"), { format: format as never }));
};
const trained = async (name: string, more: object): Promise<unknown> => {
  const at = await place(name, { "pairs.jsonl": `${JSON.stringify(PAIR)}\n`.repeat(4) });
  const paths = { model: join(folder, "model"), pairs: join(at, "pairs.jsonl"), output: join(at, "run") };
  return collect(train(TrainingConfig.parse({ ...paths, objectives: OBJECTIVES, steps: 6, batchPairs: 2, ...more })));
};
const adapted = async (name: string, more: object): Promise<unknown> => {
  const files = { "adapter_config.json": { ...LORA, ...more }, "adapter_model.safetensors": "" };
  return readForeignAdapter(await place(name, files), join(folder, "model"));
};
const scored = async (name: string, more: object): Promise<unknown> => {
  const model = await place(name, { "config.json": { ...LLAMA, ...more }, "tokenizer.json": tokenizer });
  return openRewardModels([RewardModelConfig.parse({ objective: "helpful", model })]);
};

/** What produces each message of the page's table, in the table's order. */
const CAUSES: (() => Promise<unknown>)[] = [
  () => inspected("falcon", { model_type: "falcon" }),
  () => inspected("quantized", { quantization_config: { quant_method: "gptq" } }),
  () => inspected("rope", { rope_scaling: { rope_type: "ntk-by-hand", factor: 2 } }),
  async () => loadTransformer(await place("pickle", { "config.json": LLAMA, "pytorch_model.bin": "" })),
  async () => loadTokenizer(await place("sentencepiece", { "tokenizer.model": "" })),
  () => tokenized("opencc", { "tokenizer.json": { ...tokenizer, normalizer: { type: "Opencc" } } }),
  async () => encodeResponse(await tokenized("endless", { "tokenizer_config.json": {} }), "Yes."),
  async () =>
    promptText(
      await tokenized("alternate", { "chat_template.jinja": "{{ raise_exception('Roles must alternate') }}" }),
      "Hi",
    ),
  async () =>
    promptText(
      await tokenized("looks", {
        "chat_template.jinja": "{{ messages[0].content }}{{ 1 if messages[0].content == '</s>' }}",
      }),
      "</s>",
    ),
  async () =>
    loadTokenizer(await place("dated", { "tokenizer.json": tokenizer, "chat_template.jinja": "x" }), {
      templateVars: { messages: [] },
    }),
  () => rows("unanswered", Array(2).fill({ chosen: "\n\nHuman: Hi", rejected: "\n\nHuman: Hi\n\nAssistant:" })),
  () => rows("unknown", [{ q: "Hi?", a: "Yes." }]),
  () =>
    rows("mapped", [{ question: "Hi?", good: "Yes.", bad: "No." }], {
      prompt: "qestion",
      chosen: "good",
      rejected: "bad",
    }),
  async () =>
    collect(
      readPairs(join(await place("packed", { "rows.xz": Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0) }), "rows.xz")),
    ),
  async () =>
    dataFiles(await place("splits", { "train-00000-of-00001.jsonl": PAIR, "test-00000-of-00001.jsonl": PAIR })),
  async () =>
    loadTokenizer(
      await place("latin", { "tokenizer.json": tokenizer, "chat_template.jinja": Uint8Array.of(0x67, 0xfc, 0x6e) }),
    ),
  () => trained("long", { maxLengthTokens: 1 }),
  () => trained("burst", { optimizer: { learningRate: 1e30 } }),
  () =>
    collect(
      decode(
        DecodingConfig.parse({
          model: join(folder, "model"),
          prompts: [{ id: "a", text: "Hi" }],
          maxNewTokens: 100_000,
        }),
      ),
    ),
  () => adapted("pissa", { init_lora_weights: "pissa" }),
  () => adapted("loha", { peft_type: "LOHA" }),
  () => scored("remote", { architectures: ["LlamaForRewardModel"] }),
];

const wildcards = (message: string): RegExp =>
  new RegExp(
    message
      .split("…")
      .map((part) => part.trim().replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`))
      .join(String.raw`[\s\S]*`),
  );

const table = (await readFile(PAGE, "utf8")).split("## Troubleshooting")[1]!.split("\n## ")[0]!;
const messages = [...table.matchAll(/^\| `([^`]+)`/gm)].map(([, message]) => message!);

test("the page's table of messages has a cause for each of them here", () => {
  expect(messages.length).toBe(CAUSES.length);
  expect(new Set(messages).size).toBe(messages.length);
});

test.each(messages.map((message, index) => [message, index] as const))("%s", async (message, index) => {
  await expect(CAUSES[index]!()).rejects.toThrow(wildcards(message));
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { parseSafetensors } from "../../src/files/safetensors.ts";
import { parseConfigJson } from "../../src/model/parse-config.ts";
import { requiredTensors } from "../../src/model/tensor-names.ts";
import { createRandom } from "../../src/tensor/random.ts";
import { mutatedBytes, mutatedJson, survives } from "../../src/testing/mutations.ts";
import { createTokenizer, encodePrompt, encodeResponse } from "../../src/text/tokenizer.ts";
import { goldenFolder } from "../support/golden.ts";

const random = createRandom(2026);
const textOf = (...path: string[]): string => readFileSync(join(goldenFolder, ...path), "utf8");
const jsonOf = (...path: string[]): Record<string, unknown> => JSON.parse(textOf(...path)) as Record<string, unknown>;
const pick = <T>(list: readonly T[]): T => list[random.integer(list.length)]!;

/** A safetensors file of a JSON header and so many bytes. */
function fileOf(header: string | Uint8Array, bodyBytes: number): Uint8Array {
  const json = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(bodyBytes)]);
}

test("5,000 broken safetensors headers are read or refused", async () => {
  const header = {
    __metadata__: { format: "pt" },
    a: { dtype: "F32", shape: [2, 3], data_offsets: [0, 24] },
    b: { dtype: "BF16", shape: [4], data_offsets: [24, 32] },
    "c.weight": { dtype: "F16", shape: [], data_offsets: [32, 34] },
  };
  const sound = fileOf(JSON.stringify(header), 34);
  const make = (index: number): Uint8Array => {
    if (index % 3 === 0) return mutatedBytes(sound, random);
    const changed = mutatedJson(header, random);
    const text =
      index % 3 === 1
        ? JSON.stringify(changed)
        : Buffer.from(mutatedBytes(Buffer.from(JSON.stringify(changed)), random));
    return fileOf(text, 34);
  };
  const counts = await survives(5000, make, (file: Uint8Array) => parseSafetensors(file, "broken"));
  expect(counts.read).toBeGreaterThan(50);
  expect(counts.refused).toBeGreaterThan(3000);
});

test.each([
  ["a length beyond the file", Buffer.from("ffffffffffffff7f7b7d", "hex")],
  ["a length beyond the limit", Buffer.concat([Buffer.from("0000000080000000", "hex"), Buffer.from("{}")])],
  ["100,000 brackets", fileOf("[".repeat(100_000), 0)],
  [
    "a tensor of 2^62 elements",
    fileOf('{"a":{"dtype":"F32","shape":[2147483648,2147483648],"data_offsets":[0,0]}}', 0),
  ],
  ["sixty axes", fileOf(`{"a":{"dtype":"U8","shape":[${"9,".repeat(60)}9],"data_offsets":[0,0]}}`, 0)],
])("a safetensors header of %s is refused", async (_name, file) => {
  expect(
    await survives(
      1,
      () => file,
      (bytes: Uint8Array) => parseSafetensors(bytes, "broken"),
    ),
  ).toEqual({ read: 0, refused: 1 });
});

test("5,000 broken config.json are read or refused", async () => {
  const models = ["llama", "llama3", "mistral", "qwen2", "qwen3", "gpt2"];
  const stored = models.flatMap((name) =>
    ["config.json", "config_v4.json"].map((file) => jsonOf("models", name, file)),
  );
  const drawn = textOf("combinations", "models.jsonl").trimEnd().split("\n");
  const configs = [...stored, ...drawn.map((line) => (JSON.parse(line) as { config: Record<string, unknown> }).config)];
  const counts = await survives(
    5000,
    () => mutatedJson(pick(configs), random),
    (json: unknown) => requiredTensors(parseConfigJson(json, "broken")),
  );
  expect(counts.read).toBeGreaterThan(500);
  expect(counts.refused).toBeGreaterThan(500);
});

test("5,000 broken tokenizers are read or refused", async () => {
  const quiet = vi.spyOn(console, "warn").mockReturnValue(); // the library's word on patterns that it does not know
  onTestFinished(() => {
    quiet.mockRestore();
  });
  const names = ["gpt2", "qwen", "llama3", "llama2-legacy", "llama2-metaspace"];
  const published = names.map((name) => ({
    tokenizer: jsonOf("tokenizers", name, "tokenizer.json"),
    config: jsonOf("tokenizers", name, "tokenizer_config.json"),
  }));
  const [{ models }, ...combinations] = textOf("combinations", "tokenizers.jsonl")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown) as [
    { models: object },
    ...{ base: string; file: object; config: object }[],
  ];
  const drawn = combinations.map(({ base, file, config }) => ({
    tokenizer: { ...file, model: Object.entries(models).find(([name]) => name === base)![1] as object },
    config,
  }));
  const sound = [...published, ...drawn.slice(0, 40)];
  const templates = [textOf("tokenizers", "llama3", "chat_template.jinja"), String(published[1]!.config.chat_template)];
  const make = (index: number): unknown => {
    const { tokenizer, config } = pick(sound);
    if (index % 4 === 0) return { tokenizer, config: mutatedJson(config, random) };
    if (index % 4 === 1) {
      const chatTemplate = Buffer.from(mutatedBytes(Buffer.from(pick(templates)), random)).toString("utf8");
      return { tokenizer, config, chatTemplate };
    }
    return { tokenizer: mutatedJson(tokenizer, random), config };
  };
  const counts = await survives(5000, make, (files: { tokenizer: unknown; config: unknown }) => {
    const made = createTokenizer(files, "broken");
    encodePrompt(made, "Is it </s> so?");
    made.decode(made.encode("Grüße, 日本 🙂"));
    if (made.eosTokenId !== null) encodeResponse(made, "Yes.");
  });
  expect(counts.read).toBeGreaterThan(500);
  expect(counts.refused).toBeGreaterThan(500);
});

import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { exportWeights } from "../../src/checkpoint/export-weights.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { inspectModel } from "../../src/model/inspect.ts";
import { tokenLogProbs } from "../../src/model/log-probs.ts";
import { loadTransformer } from "../../src/model/pretrained.ts";
import type { Transformer } from "../../src/model/transformer.ts";
import { openEngine } from "../../src/tensor/engine.ts";
import type { Matrix } from "../../src/tensor/matrix.ts";
import { nativeOps } from "../../src/tensor/native.ts";
import { createRandom } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";
import { temporaryFolder } from "../../src/testing/temporary-folder.ts";
import { weightsAsStored } from "../../src/model/weights-as-stored.ts";
import { goldenFolder } from "../support/golden.ts";
import { float32, ggufFile, text, texts, uint32, type GgufTensorInput } from "../support/gguf-file.ts";

await openEngine();
const random = createRandom(3);

const [WIDTH, INNER, VOCABULARY] = [64, 96, 40];
const FORMATS = {
  Q4_0: { number: 2, bytes: 18 },
  Q4_1: { number: 3, bytes: 20 },
  Q8_0: { number: 8, bytes: 34 },
} as const;
type Format = keyof typeof FORMATS;

/** Blocks of 32 whose numbers are at most about .1; any quants are sound. */
function blocks(name: string, shape: [number, number], format: Format): GgufTensorInput {
  const { number, bytes: each } = FORMATS[format];
  const bytes = Buffer.alloc(((shape[0] * shape[1]) / 32) * each);
  for (let at = 0; at < bytes.length; at += each) {
    for (let byte = 0; byte < each; byte++) bytes[at + byte] = random.integer(256);
    const scale = format === "Q8_0" ? 0x1000 : 0x2000; // 2^-11, 2^-7
    bytes.writeUInt16LE(scale + random.integer(256), at);
    if (format === "Q4_1") bytes.writeUInt16LE(0xab00, at + 2); // a minimum of -.055
  }
  return { name, shape, type: number, bytes };
}
const ones = (name: string): GgufTensorInput => ({
  name,
  shape: [WIDTH],
  type: 0,
  bytes: new Uint8Array(new Float32Array(WIDTH).fill(1).buffer),
});

/** A Llama of one layer; its value projection may have another format than what it is joined with. */
async function written(format: Format, value: Format = format): Promise<string> {
  const keys = {
    "general.architecture": text("llama"),
    "llama.block_count": uint32(1),
    "llama.context_length": uint32(32),
    "llama.embedding_length": uint32(WIDTH),
    "llama.feed_forward_length": uint32(INNER),
    "llama.attention.head_count": uint32(2),
    "llama.attention.head_count_kv": uint32(1),
    "llama.attention.layer_norm_rms_epsilon": float32(1e-5),
    "llama.rope.freq_base": float32(10_000),
    "tokenizer.ggml.model": text("gpt2"),
    "tokenizer.ggml.pre": text("gpt-2"),
    "tokenizer.ggml.tokens": texts(["a", "b", "ab"]),
    "tokenizer.ggml.merges": texts(["a b"]),
  };
  const tensors = [
    blocks("token_embd.weight", [VOCABULARY, WIDTH], "Q8_0"),
    ones("output_norm.weight"),
    ones("blk.0.attn_norm.weight"),
    ones("blk.0.ffn_norm.weight"),
    blocks("blk.0.attn_q.weight", [WIDTH, WIDTH], format),
    blocks("blk.0.attn_k.weight", [WIDTH / 2, WIDTH], format),
    blocks("blk.0.attn_v.weight", [WIDTH / 2, WIDTH], value),
    blocks("blk.0.attn_output.weight", [WIDTH, WIDTH], format),
    blocks("blk.0.ffn_gate.weight", [INNER, WIDTH], format),
    blocks("blk.0.ffn_up.weight", [INNER, WIDTH], format),
    blocks("blk.0.ffn_down.weight", [WIDTH, INNER], format),
  ];
  const { path, remove } = await temporaryFolder();
  onTestFinished(remove);
  await writeFile(join(path, "model.gguf"), ggufFile(keys, tensors));
  return join(path, "model.gguf");
}

const IDS = Array.from({ length: 4 }, () => Array.from({ length: 12 }, () => random.integer(VOCABULARY)));
const logProbs = (model: Transformer): number[] =>
  tf.tidy(() => {
    const positions = IDS.flatMap((row, index) => row.slice(1).map((_, at) => ({ row: index, column: at + 1 })));
    return Array.from(tokenLogProbs(model, IDS, positions).dataSync());
  });
const formatOf = (matrix: Matrix): string => (matrix.kind === "quantized" ? matrix.format : matrix.kind);
const formatsOf = ({ weights: { layers, head } }: Transformer): string[] => [
  formatOf(layers[0]!.qkv[0]!.matrix),
  formatOf(layers[0]!.down[0]!.matrix),
  formatOf(head!),
];

const withBlocks = test.skipIf(nativeOps() === null);

withBlocks.for(["Q4_0", "Q4_1", "Q8_0"] as const)(
  "blocks of %s stay as the file has them, whichever quantized type is asked for, and answer as the same numbers in float32",
  async (format) => {
    const path = await written(format);
    const exact = await loadTransformer(path);
    const expected = logProbs(exact);
    disposeTransformer(exact);
    for (const baseWeights of ["int8", "int4"] as const) {
      const model = await loadTransformer(path, { baseWeights });
      expect(formatsOf(model)).toEqual([format, format, "Q8_0"]);
      const difference = logProbs(model).map((value, index) => Math.abs(value - expected[index]!));
      disposeTransformer(model);
      expect(Math.max(...difference)).toBeLessThan(1e-3); // activations are rounded to 16 bits
    }
    const { memory } = await inspectModel(path);
    const [int8, int4] = ["int8", "int4"].map((type) => memory.find(({ baseWeights }) => baseWeights === type)!);
    expect(int8!.weightsBytes).toBe(int4!.weightsBytes);
  },
);

withBlocks(
  "blocks of a GGUF file are written as they are, and other formats in the type that is asked for",
  async () => {
    const path = await written("Q4_0", "Q8_0");
    const folder = join(dirname(path), "written");
    await exportWeights(folder, path, null, [], { dtype: "int4" });
    const [file, copy] = [await loadTransformer(path), await loadTransformer(folder)];
    expect(logProbs(copy)).toEqual(logProbs(file));
    disposeTransformer(file);
    disposeTransformer(copy);
    expect((await inspectModel(folder)).dtypes).toEqual((await inspectModel(path)).dtypes);
  },
);

withBlocks(
  "matrices that are multiplied as one and differ in format are rounded to the type that is asked for",
  async () => {
    const model = await loadTransformer(await written("Q4_0", "Q8_0"), { baseWeights: "int8" });
    expect(formatsOf(model)).toEqual(["Q8_0", "Q4_0", "Q8_0"]);
    disposeTransformer(model);
  },
);

test("what holds a model as its file has it is known from the format of most numbers", async () => {
  const held = await Promise.all(
    (["Q4_0", "Q4_1", "Q8_0"] as const).map(async (one) => weightsAsStored(await written(one))),
  );
  expect(held).toEqual(nativeOps() === null ? [null, null, null] : ["int4", "int4", "int8"]);
  const folder = join(goldenFolder, "models", "llama");
  expect(await weightsAsStored(folder)).toBeNull();
});

import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { exportWeights } from "../../src/checkpoint/export-weights.ts";
import { indexSafetensors } from "../../src/files/safetensors.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { transformerTensors } from "../../src/model/held-tensors.ts";
import { inspectModel } from "../../src/model/inspect.ts";
import { loadTransformer } from "../../src/model/pretrained.ts";
import type { TensorRecord } from "../../src/model/weight-source.ts";
import type { BaseWeights } from "../../src/schema/base-weights.ts";
import type { ModelConfig } from "../../src/schema/model.ts";
import { openEngine } from "../../src/tensor/engine.ts";
import { nativeOps } from "../../src/tensor/native.ts";
import { temporaryFolder } from "../../src/testing/temporary-folder.ts";
import { writeTinyModel } from "../../src/testing/tiny-model.ts";
import { goldenFolder } from "../support/golden.ts";

await openEngine();

/** Rows of whole blocks, but for those that `down_proj` reads. */
const CONFIG = { hiddenSize: 64, headSize: 16, intermediateSize: 72 };

async function temporary(name: string): Promise<string> {
  const { path, remove } = await temporaryFolder();
  onTestFinished(remove);
  return join(path, name);
}
async function model(config: Partial<ModelConfig>): Promise<string> {
  const folder = await temporary("model");
  await writeTinyModel(folder, { config: { ...CONFIG, ...config } });
  return folder;
}
async function quantized(source: string, dtype: "int8" | "int4"): Promise<string> {
  const folder = await temporary("quantized");
  await exportWeights(folder, source, null, [], { dtype });
  return folder;
}
async function numbersOf(folder: string, baseWeights: BaseWeights): Promise<TensorRecord> {
  const held = await loadTransformer(folder, { baseWeights });
  const tensors = await transformerTensors(held);
  disposeTransformer(held);
  return tensors;
}
const dtypesOf = async (folder: string): Promise<Record<string, string>> => {
  const { tensors } = await indexSafetensors(join(folder, "model.safetensors"));
  return Object.fromEntries([...tensors].map(([name, { dtype }]) => [name, dtype]));
};

describe.skipIf(nativeOps() === null)("a model that is written in blocks", () => {
  test.each([
    ["int8", "Q8_0", {}],
    ["int4", "Q4_1", { tiedEmbeddings: false }],
  ] as const)("in %s holds the numbers that it is rounded to when it is loaded so", async (type, format, config) => {
    const source = await model(config);
    const folder = await quantized(source, type);
    expect(await dtypesOf(folder)).toMatchObject({
      "model.embed_tokens.weight": format,
      "model.layers.1.self_attn.q_proj.weight": format,
      "model.layers.1.mlp.down_proj.weight": "F32",
      "model.norm.weight": "F32",
    });
    expect((await inspectModel(folder)).dtypes[format]).toBeGreaterThan(0);
    const onLoad = await numbersOf(source, type);
    expect(await numbersOf(folder, type)).toEqual(onLoad);
    // whoever reads it as float32 reads the same numbers
    const { "model.embed_tokens.weight": own } = await numbersOf(folder, "float32");
    expect(own).toEqual(onLoad["model.embed_tokens.weight"]);
  });

  test("quantized again it stays as it is, whichever type is asked for", async () => {
    const first = await quantized(await model({}), "int8");
    const again = await quantized(first, "int4");
    expect(await dtypesOf(again)).toEqual(await dtypesOf(first));
    expect(await numbersOf(again, "int8")).toEqual(await numbersOf(first, "int8"));
  });

  test.each(["gpt2", "llama"])(
    "%s, whose rows are no whole blocks, is refused with what to do instead",
    async (name) => {
      const target = await temporary("quantized");
      await expect(
        exportWeights(target, join(goldenFolder, "models", name), null, [], { dtype: "int8" }),
      ).rejects.toThrow(
        /cannot be written in blocks: .* Quantize it while it is loaded: --base-weights int8 or int4\.$/,
      );
    },
  );
});

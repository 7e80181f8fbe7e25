import { cp } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapters/adapter.ts";
import { bindAdapter } from "../../src/adapters/bind.ts";
import { mergeIntoModel } from "../../src/adapters/merge.ts";
import { loadCheckpoint, saveCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { exportPeft } from "../../src/checkpoint/export-peft.ts";
import { exportWeights } from "../../src/checkpoint/export-weights.ts";
import { readForeignAdapter } from "../../src/checkpoint/foreign-adapter.ts";
import { writeSafetensors } from "../../src/files/safetensors.ts";
import type { AdapterRows } from "../../src/layers/adapter-rows.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { tokenLogProbs } from "../../src/model/log-probs.ts";
import { loadTransformer } from "../../src/model/pretrained.ts";
import { createKvCache, forward, logitsOf, type Transformer } from "../../src/model/transformer.ts";
import { CheckpointManifest } from "../../src/schema/manifest.ts";
import { openEngine } from "../../src/tensor/engine.ts";
import { nativeOps } from "../../src/tensor/native.ts";
import * as tf from "../../src/tensor/tf.ts";
import { expectNoTensorLeak, temporaryFolder } from "../../src/testing/index.ts";
import { goldenFolder } from "../support/golden.ts";
import { largestDifference } from "../support/numeric-gradient.ts";
import {
  base,
  changedLora,
  LORA,
  source,
  tensorsIn,
  without,
  withMore,
  type Config,
  type Tensors,
} from "../support/foreign-lora.ts";

let model: Transformer;
let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  model = await loadTransformer(base);
});
afterAll(() => {
  disposeTransformer(model);
});
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterEach(() => remove());

const changed = (config: Config, edit?: (tensors: Tensors) => Tensors): Promise<string> =>
  changedLora(folder, config, edit);

const IDS = [
  [5, 9, 12, 3],
  [7, 2, 30, 11],
  [1, 1, 8, 20],
];
const onRows = (adapter: Adapter, start: number, count: number): AdapterRows => ({
  adapter: bindAdapter(adapter, tf.ones([count, 1])),
  start,
  count,
});
const logits = (rows: () => readonly AdapterRows[], on = model): number[][][] =>
  tf.tidy(() => {
    const adapters = rows();
    return logitsOf(on, forward(on, IDS, { adapters }), adapters).arraySync() as number[][][];
  });
/** Whether the engine holds weights in bfloat16. */
const isNative = async (): Promise<boolean> => {
  await openEngine();
  return nativeOps() !== null;
};

/** Everything at once: DoRA on q, k, v and the head, the embedding exchanged, down_proj exchanged in the first layer. */
const everything = (): Promise<string> =>
  changed(
    {
      use_dora: true,
      target_modules: ["q_proj", "k_proj", "v_proj", "lm_head"],
      modules_to_save: ["embed_tokens", "layers.0.mlp.down_proj"],
    },
    (tensors) => {
      const modules = Object.keys(tensors).filter((name) => name.endsWith("lora_B.weight"));
      const magnitudes = modules.map((name): [string, number[]] => [
        name.slice(LORA.length).replace("lora_B.weight", "lora_magnitude_vector"),
        [tensors[name]!.shape[0]!],
      ]);
      return withMore(tensors, {
        ...Object.fromEntries(magnitudes),
        "lm_head.lora_A.weight": [4, 40],
        "lm_head.lora_B.weight": [195, 4],
        "lm_head.lora_magnitude_vector": [195],
        "model.embed_tokens.weight": [195, 40],
        "model.layers.0.mlp.down_proj.weight": [40, 72],
      });
    },
  );

describe("what PEFT can hold beside two matrices in every layer", () => {
  test("acts on the rows of its own, in one pass or token by token, and survives a checkpoint", async () => {
    await expectNoTensorLeak(async () => {
      const adapter = await readForeignAdapter(await everything(), base);
      const alone = logits(() => [onRows(adapter, 0, 3)]);
      const none = logits(() => []);
      const some = logits(() => [onRows(adapter, 1, 2)]);
      expect(largestDifference(some[0]!.flat(), none[0]!.flat())).toBeLessThan(1e-4);
      expect(largestDifference(some.slice(1).flat(2), alone.slice(1).flat(2))).toBeLessThan(1e-4);
      expect(largestDifference(alone[0]!.flat(), none[0]!.flat())).toBeGreaterThan(0.1);

      const cache = createKvCache(model, [0, 0, 0]);
      const steps = [0, 1, 2, 3].map((column) =>
        tf.tidy(() => {
          const adapters = [onRows(adapter, 1, 2)];
          const hidden = forward(
            model,
            IDS.map((row) => [row[column]!]),
            { adapters, cache },
          );
          return logitsOf(model, tf.squeeze(hidden, [1]), adapters).arraySync() as number[][];
        }),
      );
      cache.dispose();
      expect(largestDifference(steps[3]!.flat(), some.map((row) => row[3]!).flat())).toBeLessThan(1e-4);

      const logProb = tf.tidy(() => {
        const position = [{ row: 2, column: 3 }];
        return tokenLogProbs(model, IDS, position, { adapters: [onRows(adapter, 1, 2)] }).dataSync()[0]!;
      });
      const before = alone[2]![2]!;
      const logSum = Math.log(before.reduce((sum, value) => sum + Math.exp(value), 0));
      expect(logProb).toBeCloseTo(before[IDS[2]![3]!]! - logSum, 4);

      const manifest = CheckpointManifest.parse({
        format: "uniarm-checkpoint",
        formatVersion: 1,
        method: "genarm",
        objectives: [{ name: "one", description: "the one" }],
        baseModel: { sha256: model.sha256, folder: base },
        adapter: adapter.config,
        training: null,
        importedFrom: "PEFT",
        promptFormat: "auto",
        step: 0,
        seed: 0,
        versions: {},
      });
      await saveCheckpoint(join(folder, "checkpoint"), { manifest, arms: [adapter] });
      const { arms } = await loadCheckpoint(join(folder, "checkpoint"), { model: model.config });
      expect(logits(() => [onRows(arms[0]!, 0, 3)])).toEqual(alone);
      for (const arm of [adapter, ...arms]) arm.dispose();
    });
  });

  test("embeddings that equal the base model's are left out with a notice", async () => {
    const weights = await tensorsIn(join(base, "model.safetensors"));
    const saved = await changed({}, (tensors) =>
      Object.assign(tensors, {
        [`${LORA}lm_head.weight`]: weights["lm_head.weight"],
        [`${LORA}model.embed_tokens.weight`]: weights["model.embed_tokens.weight"],
        [`${LORA}model.norm.weight`]: weights["model.norm.weight"],
      }),
    );
    const notices: string[] = [];
    const adapter = await readForeignAdapter(saved, base, { onNotice: (text) => notices.push(text) });
    expect(adapter.config).toMatchObject({ kind: "lora", rank: 4, targets: ["q_proj", "k_proj", "v_proj"] });
    expect(notices).toEqual([
      expect.stringContaining(
        "lm_head.weight, base_model.model.model.embed_tokens.weight, base_model.model.model.norm.weight as the base model has them; left out",
      ),
    ]);
    adapter.dispose();
  });

  test("a rank of its own, some layers only, and a LoRA in one layer are read as they are", async () => {
    const first = await readForeignAdapter(
      await changed({ layers_to_transform: [0] }, (tensors) => without(tensors, /layers\.1/)),
      base,
    );
    expect(first.modules.map(({ name }) => name)).toEqual(
      ["q_proj", "k_proj", "v_proj"].map((name) => `layers.0.self_attn.${name}`),
    );
    first.dispose();
    const one = await readForeignAdapter(
      await changed(
        {
          target_modules: String.raw`.*\.1\.self_attn\.(?P<which>q|k)_proj`,
          alpha_pattern: { "layers.1.self_attn.k_proj": 2 },
        },
        (tensors) => without(tensors, /layers\.0|v_proj/),
      ),
      base,
    );
    expect(one.config).toEqual({
      kind: "lora-by-module",
      modules: {
        "layers.1.self_attn.q_proj": { rank: 4, scale: 2, shift: false, rescaled: false },
        "layers.1.self_attn.k_proj": { rank: 4, scale: 0.5, shift: false, rescaled: false },
      },
    });
    one.dispose();
  });
});

describe("a model that an adapter was merged into", () => {
  test("is read as what it adds to its base, biases among it", async () => {
    const adapter = await readForeignAdapter(source, base);
    const own = logits(() => [onRows(adapter, 0, 3)]);
    await exportWeights(join(folder, "merged"), base, adapter, []);
    const merged = await readForeignAdapter(join(folder, "merged"), base);
    expect(merged.modules).toHaveLength(6);
    expect(largestDifference(logits(() => [onRows(merged, 0, 3)]).flat(2), own.flat(2))).toBeLessThan(1e-4);
    for (const arm of [adapter, merged]) arm.dispose();
  });

  test("must differ from its base in linear modules alone", async () => {
    await expect(readForeignAdapter(base, base)).rejects.toThrow("it changes nothing of the base model");
    await expect(readForeignAdapter(join(goldenFolder, "models", "qwen2"), base)).rejects.toThrow(
      "is no adapter but a model, and its sizes and settings are not those of the base model",
    );
    const other = join(folder, "other");
    await cp(base, other, { recursive: true });
    const weights = await tensorsIn(join(base, "model.safetensors"));
    weights["model.norm.weight"]!.data[0]! += 1;
    await writeSafetensors(join(other, "model.safetensors"), weights);
    await expect(readForeignAdapter(other, base)).rejects.toThrow("its values of model.norm.weight are not those of");
  });
});

test("a bias on the head has no place in a model, and stays in the adapter", async () => {
  const target = await changed({ target_modules: ["lm_head"], lora_bias: true }, () =>
    withMore({}, { "lm_head.lora_A.weight": [4, 40], "lm_head.lora_B.weight": [195, 4], "lm_head.lora_B.bias": [195] }),
  );
  const adapter = await readForeignAdapter(target, base);
  expect(() => mergeIntoModel(model, adapter, [])).toThrow(
    "The adapter adds a bias to lm_head, and the LlamaForCausalLM class",
  );
  await expect(exportWeights(join(folder, "out"), base, adapter, [])).rejects.toThrow("adds a bias to lm_head");
  await exportPeft(join(folder, "peft"), adapter, [], base);
  const back = await readForeignAdapter(join(folder, "peft"), base);
  expect(logits(() => [onRows(back, 0, 3)])).toEqual(logits(() => [onRows(adapter, 0, 3)]));
  for (const arm of [adapter, back]) arm.dispose();
});

test.runIf(await isNative())("weights in bfloat16 take the same adapters", async () => {
  const narrow = await loadTransformer(base, { baseWeights: "bfloat16" });
  const adapter = await readForeignAdapter(await everything(), base);
  const [own, wide] = [narrow, model].map((one) => logits(() => [onRows(adapter, 1, 2)], one));
  const largest = Math.max(...wide!.flat(2).map(Math.abs));
  expect(largestDifference(own!.flat(2), wide!.flat(2)) / largest).toBeLessThan(0.05);
  adapter.dispose();
  disposeTransformer(narrow);
});

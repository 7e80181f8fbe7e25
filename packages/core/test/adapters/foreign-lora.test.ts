import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapters/adapter.ts";
import { bindAdapter } from "../../src/adapters/bind.ts";
import { mergeIntoModel } from "../../src/adapters/merge.ts";
import { loadCheckpoint, saveCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { exportPeft } from "../../src/checkpoint/export-peft.ts";
import { exportWeights } from "../../src/checkpoint/export-weights.ts";
import { readForeignAdapter } from "../../src/checkpoint/foreign-adapter.ts";
import { parsePeftLora } from "../../src/checkpoint/peft/config.ts";
import { matching } from "../../src/checkpoint/peft/python-pattern.ts";
import { patternValues, targetedPaths } from "../../src/checkpoint/peft/targets.ts";
import { float32Of, readSafetensors, writeSafetensors, type TensorData } from "../../src/files/safetensors.ts";
import type { AdapterRows } from "../../src/layers/adapter-rows.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { tokenLogProbs } from "../../src/model/log-probs.ts";
import { loadTransformer } from "../../src/model/pretrained.ts";
import { createKvCache, forward, logitsOf, type Transformer } from "../../src/model/transformer.ts";
import { CheckpointManifest } from "../../src/schema/manifest.ts";
import { openEngine } from "../../src/tensor/engine.ts";
import { nativeOps } from "../../src/tensor/native.ts";
import { createRandom } from "../../src/tensor/random.ts";
import * as tf from "../../src/tensor/tf.ts";
import { drawn, expectNoTensorLeak, mutatedJson, survives, temporaryFolder } from "../../src/testing/index.ts";
import { goldenFolder } from "../support/golden.ts";
import { largestDifference } from "../support/numeric-gradient.ts";

const base = join(goldenFolder, "models", "llama"); // two layers, 40 wide, 195 tokens
const source = join(goldenFolder, "adapters", "lora"); // rank 4 on q, k and v
const LORA = "base_model.model.";
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

type Config = Record<string, unknown>;
type Tensors = Record<string, TensorData>;

async function tensorsIn(path: string): Promise<Tensors> {
  const { tensors } = await readSafetensors(path);
  return Object.fromEntries(
    [...tensors].map(([name, entry]) => [name, { shape: entry.shape, data: float32Of(entry).slice() }]),
  );
}

/** The golden LoRA with another configuration and other tensors. */
async function changed(config: Config, edit: (tensors: Tensors) => Tensors = (tensors) => tensors): Promise<string> {
  const target = join(folder, "adapter");
  await rm(target, { recursive: true, force: true });
  await cp(source, target, { recursive: true });
  const json = JSON.parse(await readFile(join(target, "adapter_config.json"), "utf8")) as Config;
  await writeFile(join(target, "adapter_config.json"), JSON.stringify(Object.assign(json, config)));
  const tensors = edit(await tensorsIn(join(source, "adapter_model.safetensors")));
  await writeSafetensors(join(target, "adapter_model.safetensors"), tensors);
  return target;
}

const without = (tensors: Tensors, pattern: RegExp): Tensors =>
  Object.fromEntries(Object.entries(tensors).filter(([name]) => !pattern.test(name)));
const withMore = (tensors: Tensors, more: Record<string, number[]>): Tensors =>
  Object.assign(
    tensors,
    Object.fromEntries(
      Object.entries(more).map(([name, shape]) => [`${LORA}${name}`, { shape, data: drawn(name, shape, 0.5, 0.2) }]),
    ),
  );

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

describe("a tied model", () => {
  async function tied(): Promise<string> {
    const target = join(folder, "tied");
    await cp(base, target, { recursive: true });
    const json = JSON.parse(await readFile(join(base, "config.json"), "utf8")) as Config;
    await writeFile(join(target, "config.json"), JSON.stringify(Object.assign(json, { tie_word_embeddings: true })));
    const weights = without(await tensorsIn(join(base, "model.safetensors")), /lm_head/);
    await writeSafetensors(join(target, "model.safetensors"), weights);
    return target;
  }

  test("has one weight for embedding and head: saved with two values, or tied anew, it is refused", async () => {
    const model = await tied();
    const ends = { "lm_head.weight": [195, 40], "model.embed_tokens.weight": [195, 40] };
    const two = await changed({}, (tensors) => withMore(tensors, ends));
    await expect(readForeignAdapter(two, model)).rejects.toThrow(
      "model.embed_tokens.weight and base_model.model.lm_head.weight of different values, and in the base model they are one",
    );
    const both = ["lm_head", "embed_tokens"];
    const apart = await changed({ modules_to_save: both }, (tensors) => withMore(tensors, ends));
    (await readForeignAdapter(apart, model)).dispose();
    const again = await changed({ modules_to_save: both, ensure_weight_tying: true }, (tensors) =>
      withMore(tensors, ends),
    );
    await expect(readForeignAdapter(again, model)).rejects.toThrow(
      "ensure_weight_tying is true: embedding and head share",
    );
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

test("2,000 broken adapter_config.json are read or refused", async () => {
  const random = createRandom(2026);
  const json = JSON.parse(await readFile(join(source, "adapter_config.json"), "utf8")) as Config;
  const rich = {
    rank_pattern: { q_proj: 2 },
    layers_to_transform: [0],
    exclude_modules: "k.*",
    modules_to_save: ["lm_head"],
  };
  const place = { path: "broken", folder: "broken", model: "base", labels: null };
  const paths = ["model.embed_tokens", "model.layers.0.self_attn.q_proj", "model.layers.1.mlp.up_proj", "lm_head"];
  const make = (index: number): unknown => mutatedJson(index % 2 ? json : Object.assign({}, json, rich), random);
  const counts = await survives(2000, make, (broken: unknown) => {
    const config = parsePeftLora(Object.assign({}, broken), place);
    targetedPaths(config, paths, "lm_head");
    patternValues(config.rank_pattern, paths, "rank_pattern");
  });
  expect(counts.read).toBeGreaterThan(200);
  expect(counts.refused).toBeGreaterThan(200);
});

describe("what is refused says so by its name, with the way out", () => {
  const MERGE = "Merge it in PEFT first: python -c";
  test.each<[Config, string, string]>([
    [
      { init_lora_weights: "pissa" },
      'init_lora_weights is "pissa": PEFT rewrites the base model\'s weights',
      "path_initial_model_for_weight_conversion",
    ],
    [{ init_lora_weights: "pissa_niter_16" }, 'init_lora_weights is "pissa_niter_16"', MERGE],
    [{ init_lora_weights: "OLoRA" }, 'init_lora_weights is "OLoRA"', MERGE],
    [{ init_lora_weights: "corda" }, 'init_lora_weights is "corda"', MERGE],
    [{ init_lora_weights: "loftq", loftq_config: { loftq_bits: 4 } }, "whose weights LoftQ has quantized", MERGE],
    [{ init_lora_weights: "lora_ga" }, "whose weights LoRA-GA has changed", MERGE],
    [{ init_lora_weights: "tomorrow" }, 'init_lora_weights is "tomorrow": no start of that name is known', MERGE],
    [
      { alora_invocation_tokens: [3, 4] },
      "alora_invocation_tokens ([3,4]): aLoRA acts only from",
      "Train a plain LoRA on the model instead.",
    ],
    [{ use_qalora: true }, "it has use_qalora (true)", MERGE],
    [{ layer_replication: [[0, 2]] }, "it has layer_replication", "Train a plain LoRA"],
    [{ trainable_token_indices: [3] }, "it has trainable_token_indices ([3])", MERGE],
    [{ target_parameters: ["mlp.experts.down_proj"] }, "it has target_parameters", MERGE],
    [{ kasa_config: { beta: 1 } }, "KaSA cuts the base model's weights", MERGE],
    [{ megatron_config: { tp: 2 } }, "it has megatron_config", MERGE],
    [
      { use_newlora: true },
      "it has use_newlora (true), a key that is not known here and may change the numbers",
      MERGE,
    ],
    [
      { task_type: "SEQ_CLS", modules_to_save: ["score"] },
      "task_type is SEQ_CLS: it adapts a classifier (a reward model)",
      "num_labels=1",
    ],
    [{ task_type: "TOKEN_CLS" }, 'task_type is "TOKEN_CLS"; expected CAUSAL_LM', MERGE],
    [{ target_modules: null }, "target_modules is missing", "Name the adapted modules in it"],
    [
      { target_modules: ["q_proj"] },
      "adapts model.layers.0.self_attn.k_proj, which target_modules",
      "PEFT passes over it",
    ],
    [
      { target_modules: ["q_proj", "k_proj", "v_proj", "o_proj"] },
      "has no tensor base_model.model.model.layers.0.self_attn.o_proj.lora_A.weight",
      "Name the model that it was trained on",
    ],
    [
      { target_modules: "(a+)+!", exclude_modules: "(.*.*)*!" },
      'exclude_modules has the pattern "(.*.*)*!", which takes longer than 300 ms',
      "as a list instead",
    ],
    [{ target_modules: "q_proj(" }, "is no regular expression that can be read here", "as a list instead"],
    [{ target_modules: "(?>q)_proj" }, "is read otherwise by Python than here", "as a list instead"],
  ])("%j", async (config, what, wayOut) => {
    const target = await changed(config);
    await expect(readForeignAdapter(target, base)).rejects.toThrow(what);
    await expect(readForeignAdapter(target, base)).rejects.toThrow(wayOut);
  });

  test("keys that are switched off, and those that change nothing, are no reason", async () => {
    const config = {
      use_newlora: false,
      tomorrow: null,
      lora_dropout: 0.3,
      init_lora_weights: "gaussian",
      eva_config: { rho: 2 },
      fan_in_fan_out: true,
    };
    (await readForeignAdapter(await changed(config), base)).dispose();
  });

  test.each<[string, Config, (tensors: Tensors) => Tensors, string]>([
    [
      "a deeper model",
      {},
      (tensors) => withMore(tensors, { "model.layers.7.self_attn.q_proj.lora_A.weight": [4, 40] }),
      "adapts model.layers.7.self_attn.q_proj, and the model",
    ],
    [
      "a module that the model lacks",
      {},
      (tensors) => withMore(tensors, { "model.layers.0.self_attn.c_attn.lora_A.weight": [4, 40] }),
      "which is no linear module, embedding or head of the llama model",
    ],
    [
      "a resized vocabulary",
      {},
      (tensors) => withMore(tensors, { "model.embed_tokens.weight": [200, 40] }),
      "m.resize_token_embeddings(200)",
    ],
    [
      "a trained norm",
      { modules_to_save: ["norm"] },
      (tensors) => withMore(tensors, { "model.norm.weight": [40] }),
      "holds base_model.model.model.norm.weight, which differs from the base model's",
    ],
    [
      "an exchanged weight below a LoRA",
      {},
      (tensors) => withMore(tensors, { "model.layers.0.self_attn.q_proj.base_layer.weight": [40, 40] }),
      "beside a LoRA of the same module",
    ],
    [
      "a bias without a place",
      { bias: "all" },
      (tensors) => withMore(tensors, { "model.layers.0.self_attn.q_proj.base_layer.bias": [40] }),
      "has no bias",
    ],
    [
      "a tensor of another kind",
      {},
      (tensors) => withMore(tensors, { "model.layers.0.self_attn.q_proj.lora_E": [4, 1] }),
      "which is no part of a LoRA",
    ],
    [
      "magnitudes without DoRA",
      {},
      (tensors) => withMore(tensors, { "model.layers.0.self_attn.q_proj.lora_magnitude_vector": [40] }),
      "which no LoRA of its configuration has",
    ],
  ])("%s", async (_name, config, edit, message) => {
    await expect(readForeignAdapter(await changed(config, edit), base)).rejects.toThrow(message);
  });
});

test.each([
  [String.raw`.*\.(q|k)_proj`, "whole", ["a.q_proj", "a.k_proj"]],
  ["(?i)A.Q_PROJ", "whole", ["a.q_proj"]],
  [String.raw`a\.(?P<x>q)_(?:proj)\Z`, "start", ["a.q_proj"]],
  ["a.q", "start", ["a.q_proj"]],
  ["a.q", "whole", []],
] as const)("Python's pattern %s, %s, matches %j", (pattern, anchor, expected) => {
  expect([...matching(pattern, ["a.q_proj", "a.k_proj"], anchor, "target_modules")]).toEqual(expected);
});

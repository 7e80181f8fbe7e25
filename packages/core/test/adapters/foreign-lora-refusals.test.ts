import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readForeignAdapter } from "../../src/checkpoint/foreign-adapter.ts";
import { parsePeftLora } from "../../src/checkpoint/peft/config.ts";
import { matching } from "../../src/checkpoint/peft/python-pattern.ts";
import { patternValues, targetedPaths } from "../../src/checkpoint/peft/targets.ts";
import { writeSafetensors } from "../../src/files/safetensors.ts";
import { createRandom } from "../../src/tensor/random.ts";
import { mutatedJson, survives, temporaryFolder } from "../../src/testing/index.ts";
import {
  base,
  changedLora,
  source,
  tensorsIn,
  without,
  withMore,
  type Config,
  type Tensors,
} from "../support/foreign-lora.ts";

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterEach(() => remove());

const changed = (config: Config, edit?: (tensors: Tensors) => Tensors): Promise<string> =>
  changedLora(folder, config, edit);

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

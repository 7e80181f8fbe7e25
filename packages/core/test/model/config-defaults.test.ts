import { expect, test } from "vitest";
import { CONFIG_CLASSES } from "../../src/model/config-classes.ts";
import { Gpt2Json } from "../../src/model/parse-gpt2.ts";
import { CLASS_KEYS, LlamaJson } from "../../src/model/parse-llama.ts";
import { MODEL_TYPES } from "../../src/schema/model.ts";
import { readGolden } from "../support/golden.ts";

/** Made by tooling/reference/defaults.py: key -> default of transformers' class. */
const { classes } = readGolden<{ classes: Record<string, Record<string, unknown>> }>("config-defaults.json");

/** Keys that change no number of a forward pass, or are no defaults of it. */
const HARMLESS = new Set(
  [
    "attention_dropout attn_pdrop embd_pdrop resid_pdrop router_jitter_noise", // training of all weights
    "initializer_range use_cache pretraining_tp",
    "reorder_and_upcast_attn", // the order of a product in half precision
    "output_router_logits router_aux_loss_coef", // another output, a part of the loss
    "summary_type summary_use_proj summary_activation summary_proj_to_labels summary_first_dropout", // another head
    "bos_token_id eos_token_id", // generate takes those of the files, never the class's
  ].flatMap((line) => line.split(" ")),
);

/** Keys that the classes read beside their fields. */
const ELSEWHERE = new Set(["num_experts", "num_local_experts", "sliding_window_pattern"]);

test.each(MODEL_TYPES)("what %s leaves out of config.json is what its class takes", (modelType) => {
  const { defaults, only = {} } = CONFIG_CLASSES[modelType];
  const read = new Set(Object.keys(modelType === "gpt2" ? Gpt2Json.shape : LlamaJson.shape));
  const theirs = classes[modelType]!;
  const wrong = Object.entries(theirs).filter(([key, value]) => {
    if (HARMLESS.has(key)) return false;
    if (Object.hasOwn(only, key)) return JSON.stringify(only[key]![0]) !== JSON.stringify(value);
    if (CLASS_KEYS.includes(key) && !Object.hasOwn(defaults, key)) return true; // would be ignored
    const own = defaults[key] ?? null;
    return !read.has(key) || JSON.stringify(own) !== JSON.stringify(value);
  });
  expect(wrong).toEqual([]);
  const unknown = Object.keys(defaults).filter((key) => !Object.hasOwn(theirs, key) && !ELSEWHERE.has(key));
  expect(unknown).toEqual([]);
});

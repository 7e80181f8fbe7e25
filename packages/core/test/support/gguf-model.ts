import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { temporaryFolder } from "../../src/testing/temporary-folder.ts";
import { goldenFolder } from "./golden.ts";
import { float32, ggufFile, tensorsAsGguf, text, uint32, type GgufInput } from "./gguf-file.ts";

type Json = Record<string, number>;

/** The keys that llama.cpp's converter writes for a config.json. */
function keysOf(arch: string, json: Json): GgufInput {
  const isGpt2 = arch === "gpt2";
  const heads = json[isGpt2 ? "n_head" : "num_attention_heads"]!;
  const keys: (readonly [string, GgufInput[string]])[] = [
    ["block_count", uint32(json[isGpt2 ? "n_layer" : "num_hidden_layers"]!)],
    ["context_length", uint32(json[isGpt2 ? "n_positions" : "max_position_embeddings"]!)],
    ["embedding_length", uint32(json[isGpt2 ? "n_embd" : "hidden_size"]!)],
    ["feed_forward_length", uint32(isGpt2 ? (json.n_inner ?? 4 * json.n_embd!) : json.intermediate_size!)],
    ["attention.head_count", uint32(heads)],
    ...(isGpt2
      ? ([["attention.layer_norm_epsilon", float32(json.layer_norm_epsilon!)]] as const)
      : ([
          ["attention.head_count_kv", uint32(json.num_key_value_heads!)],
          ["attention.key_length", uint32(json.head_dim ?? json.hidden_size! / heads)],
          ["attention.value_length", uint32(json.head_dim ?? json.hidden_size! / heads)],
          ["attention.layer_norm_rms_epsilon", float32(json.rms_norm_eps!)],
          ["rope.freq_base", float32((json.rope_parameters as unknown as Json).rope_theta!)],
          ...((json.model_type as unknown) === "mistral"
            ? [["attention.sliding_window", uint32(json.sliding_window!)] as const]
            : []),
        ] as const)),
  ];
  const own = keys.map(([key, value]) => [`${arch}.${key}`, value]);
  const ids = (["bos", "eos"] as const).flatMap((name) =>
    json[`${name}_token_id`] == null ? [] : [[`tokenizer.ggml.${name}_token_id`, uint32(json[`${name}_token_id`]!)]],
  );
  return Object.fromEntries([["general.architecture", text(arch)], ...own, ...ids]) as GgufInput;
}

/** A golden model as the GGUF file that llama.cpp's converter makes of it. */
export async function asGguf(
  name: string,
  arch: string,
  change: (keys: GgufInput) => GgufInput = (keys) => keys,
): Promise<string> {
  const folder = join(goldenFolder, "models", name);
  const json = JSON.parse(await readFile(join(folder, "config.json"), "utf8")) as Json;
  const heads = arch === "llama" ? { q: json.num_attention_heads!, k: json.num_key_value_heads! } : null;
  const { path, remove } = await temporaryFolder();
  onTestFinished(remove);
  await writeFile(join(path, "model.gguf"), ggufFile(change(keysOf(arch, json)), tensorsAsGguf(folder, heads)));
  return join(path, "model.gguf");
}

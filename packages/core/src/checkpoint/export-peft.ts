import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Adapter } from "../adapters/adapter.ts";
import { writeFolderAtomically } from "../files/atomic.ts";
import { assertNewFolder } from "../files/new-folder.ts";
import { writeSafetensors, type TensorData } from "../files/safetensors.ts";
import { publishedModules } from "../model/published-modules.ts";
import { readModelConfig } from "../model/model-folder.ts";
import type { StoredAdapterConfig } from "../schema/adapter.ts";
import { openEngine } from "../tensor/engine.ts";
import { publishedLora, type PublishedLora } from "./peft/published-lora.ts";
import { savedWeights } from "./peft/write-saved.ts";

export interface PeftExport {
  /** rank of the LoRA; the largest where modules have different ones */
  rank: number;
  /** whether the form needs a bias beside it: PEFT reads it from version 0.14 on (`lora_bias`) */
  bias: boolean;
}

/**
 * Writes an adapter at one preference as PEFT's LoRA; exact. PBLoRA becomes a LoRA of rank r1 + r2, MoSLoRA one of its own
 * rank with a bias where it shifts. A LoRA has no preference: give [].
 * @param baseModel folder of the base model, which adapter_config.json names; its config.json says what its modules are called
 * @throws UniArmError output-exists, preference-invalid, model-missing-file, model-config-invalid, model-unsupported
 */
export async function exportPeft(
  folder: string,
  adapter: Adapter,
  preference: readonly number[],
  baseModel: string,
): Promise<PeftExport> {
  await assertNewFolder(folder);
  const model = await readModelConfig(baseModel);
  await openEngine();
  const modules = await publishedLora(adapter, preference, model);
  const saved = await savedWeights(adapter, model, baseModel);
  const ranks = modules.map(({ rank }) => rank);
  const rank = Math.max(1, ...ranks);
  const bias = modules.some((module) => module.shift !== null);
  const tensors: Record<string, TensorData> = {};
  for (const module of modules) Object.assign(tensors, tensorsOf(module, bias));
  for (const [name, tensor] of Object.entries(saved.tensors)) tensors[`base_model.model.${name}`] = tensor;
  const others = Object.fromEntries(modules.filter((one) => one.rank !== rank).map((one) => [one.path, one.rank]));
  const config = {
    alpha_pattern: others, // the scale is in lora_B already: alpha / r = 1 in every module
    base_model_name_or_path: baseModel,
    bias: saved.bias,
    fan_in_fan_out: publishedModules(model).some(({ turned }) => turned),
    inference_mode: true,
    init_lora_weights: true,
    lora_alpha: rank,
    lora_bias: bias,
    lora_dropout: 0,
    modules_to_save: saved.modules.length > 0 ? saved.modules : null,
    peft_type: "LORA",
    r: rank,
    rank_pattern: others,
    target_modules: targetsOf(adapter.config, modules),
    task_type: "CAUSAL_LM",
    use_dora: modules.some(({ magnitude }) => magnitude !== null),
    use_rslora: false,
  };
  await writeFolderAtomically(folder, async (partial) => {
    await writeSafetensors(join(partial, "adapter_model.safetensors"), tensors, { format: "pt" });
    await writeFile(join(partial, "adapter_config.json"), `${JSON.stringify(config, null, 2)}\n`);
  });
  return { rank, bias };
}

/** Short names where each stands for a module of every layer, else whole paths. */
function targetsOf(config: StoredAdapterConfig, modules: readonly PublishedLora[]): string[] {
  const paths = modules.map(({ path }) => path);
  if (config.kind === "lora-by-module") return paths;
  const short = paths.every((path) => config.targets.some((target) => path.endsWith(`.${target}`)));
  return short ? [...config.targets] : paths;
}

/** @param bias whether all modules have one: PEFT has it in all or in none */
function tensorsOf(
  { path, ofEmbedding, a, b, shift, magnitude }: PublishedLora,
  bias: boolean,
): Record<string, TensorData> {
  const name = (part: string): string => `base_model.model.${path}.${part}`;
  const outSize = b.shape[0]!;
  const found: Record<string, TensorData> = ofEmbedding
    ? { [name("lora_embedding_A")]: a, [name("lora_embedding_B")]: b }
    : { [name("lora_A.weight")]: a, [name("lora_B.weight")]: b };
  if (bias) found[name("lora_B.bias")] = { shape: [outSize], data: shift ?? new Float32Array(outSize) };
  if (magnitude) found[name("lora_magnitude_vector")] = { shape: [outSize], data: magnitude };
  return found;
}

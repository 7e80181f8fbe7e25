import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Adapter } from "../adapters/adapter.ts";
import { factorAdapter } from "../adapters/factors.ts";
import { tensorName } from "../adapters/modules.ts";
import { writeFolderAtomically } from "../files/atomic.ts";
import { writeSafetensors, type TensorData } from "../files/safetensors.ts";
import * as tf from "../tensor/tf.ts";

export interface PeftExport {
  /** rank of the LoRA */
  rank: number;
  /** whether the form needs a bias beside it: PEFT reads it from version 0.14 on (`lora_bias`) */
  bias: boolean;
}

/**
 * Writes an adapter at one preference as PEFT's LoRA; exact. PBLoRA becomes a LoRA of rank r1 + r2, MoSLoRA one of its own
 * rank with a bias where it shifts. A LoRA has no preference: give [].
 * @param baseModel what adapter_config.json names as the base model
 * @throws UniArmError preference-invalid
 */
export async function exportPeft(
  folder: string,
  adapter: Adapter,
  preference: readonly number[],
  baseModel: string,
): Promise<PeftExport> {
  const tensors: Record<string, TensorData> = {};
  let found: PeftExport = { rank: 0, bias: false };
  for (const [module, { down, up, bias }] of factorAdapter(adapter, preference)) {
    const parts = { "lora_A.weight": down, "lora_B.weight": up, ...(bias ? { "lora_B.bias": bias } : {}) };
    for (const [part, tensor] of Object.entries(parts))
      tensors[tensorName(module, part)] = { shape: [...tensor.shape], data: (await tensor.data<"float32">()).slice() };
    found = { rank: down.shape[0], bias: bias !== null };
    tf.dispose(Object.values(parts));
  }
  const config = {
    base_model_name_or_path: baseModel,
    bias: "none",
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    lora_alpha: found.rank, // the scale is in lora_B already: alpha / r = 1
    lora_bias: found.bias,
    lora_dropout: 0,
    modules_to_save: null,
    peft_type: "LORA",
    r: found.rank,
    target_modules: [...adapter.config.targets],
    task_type: "CAUSAL_LM",
    use_dora: false,
    use_rslora: false,
  };
  await writeFolderAtomically(folder, async (partial) => {
    await writeSafetensors(join(partial, "adapter_model.safetensors"), tensors, { format: "pt" });
    await writeFile(join(partial, "adapter_config.json"), `${JSON.stringify(config, null, 2)}\n`);
  });
  return found;
}

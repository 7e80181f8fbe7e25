import type { Adapter } from "../../adapters/adapter.ts";
import type { SafetensorsEntry } from "../../files/safetensors.ts";
import { EMBEDDING, HEAD, type ModuleName } from "../../layers/adapter-rows.ts";
import { LINEAR_MODULES, LoraConfig, type LinearModule, type LoraModule } from "../../schema/adapter.ts";
import { adapterOfValues } from "./adapter-of-values.ts";
import { byModule } from "./adapter-tensors.ts";
import type { BaseModel } from "./base-model.ts";
import type { PeftLora } from "./config.ts";
import type { PeftPlace } from "./merge-command.ts";
import { checkModules, loraShapes, type LoraPlan } from "./check.ts";
import { moduleValues, type ModuleValues } from "./module-values.ts";
import { savedChanges } from "./saved-weights.ts";
import { patternValues } from "./targets.ts";

export interface ReadLoraOptions {
  config: PeftLora;
  place: PeftPlace;
  /** adapter_model.safetensors */
  where: string;
  base: BaseModel;
  /** what was left out because it changes nothing */
  onNotice: (text: string) => void;
}

/**
 * A LoRA as PEFT writes it. One that is the same in every layer becomes a plain LoRA, any other one a LoRA by module.
 * @throws UniArmError adapter-unsupported, adapter-model-mismatch, checkpoint-tensor-*
 */
export function readLora(tensors: ReadonlyMap<string, SafetensorsEntry>, options: ReadLoraOptions): Adapter {
  const { config, base, where } = options;
  const files = byModule(tensors, where);
  const targeted = checkModules(files, options);
  const ranks = patternValues(
    config.rank_pattern,
    targeted.map(({ path }) => path),
    "rank_pattern",
  );
  const alphas = patternValues(
    config.alpha_pattern,
    targeted.map(({ path }) => path),
    "alpha_pattern",
  );
  const values = new Map<ModuleName, ModuleValues>();
  const plans = targeted.map((published): LoraPlan => {
    const rank = ranks.get(published.path) ?? config.r;
    const alpha = alphas.get(published.path) ?? config.lora_alpha;
    const scale = config.use_rslora ? alpha / Math.sqrt(rank) : alpha / rank;
    return { published, rank, alpha, scale, tensors: files.get(published.path)! };
  });
  for (const plan of plans) {
    loraShapes(plan, config, where);
    for (const [module, own] of moduleValues(plan, base)) values.set(module, own);
  }
  savedChanges(files, values, options);
  const uniform = uniformConfig(config, plans, values, base);
  return adapterOfValues(values, base, where, uniform);
}

/** The configuration of a LoRA whose modules are the same in every layer and have one rank and scale; else null. */
function uniformConfig(
  config: PeftLora,
  plans: readonly LoraPlan[],
  values: ReadonlyMap<ModuleName, ModuleValues>,
  base: BaseModel,
): LoraConfig | null {
  const [first] = plans;
  const forms = [...values.values()].map(({ form }) => form);
  const plain = ({ rank, scale, shift, rescaled }: LoraModule): boolean =>
    rank === first?.rank && scale === first.scale && !shift && !rescaled;
  if (!first || first.rank > 1024 || first.alpha <= 0 || !forms.every(plain)) return null;
  if (values.has(EMBEDDING) || values.has(HEAD)) return null;
  const lastName = (module: ModuleName): LinearModule => module.split(".").at(-1) as LinearModule;
  const found = new Set([...values.keys()].map(lastName));
  const targets = LINEAR_MODULES.filter((module) => found.has(module));
  if (values.size !== targets.length * base.config.layers) return null;
  // s = alpha / sqrt(r) is written as that of an ordinary LoRA
  const alpha = config.use_rslora ? first.alpha * Math.sqrt(first.rank) : first.alpha;
  return LoraConfig.parse({ kind: "lora", rank: first.rank, alpha, targets });
}

import type { Adapter } from "../../adapters/adapter.ts";
import { disposeFactors, factorAdapter } from "../../adapters/factors.ts";
import type { TensorData } from "../../files/safetensors.ts";
import { openWeights } from "../../files/sharded.ts";
import type { ModuleName } from "../../layers/adapter-rows.ts";
import { hasBias } from "../../model/bias-plan.ts";
import { publishedModules } from "../../model/published-modules.ts";
import { publishedNames } from "../../model/published-names.ts";
import { TENSOR } from "../../model/tensor-names.ts";
import type { ModelConfig } from "../../schema/model.ts";
import { biasesBeside, carriesBias } from "./published-lora.ts";
import { changesByTensor, endsOf, mergedValues } from "../merged-tensor.ts";

export interface SavedWeights {
  /** modules_to_save */
  modules: string[];
  /** by the names that PEFT gives them, without its prefix */
  tensors: Record<string, TensorData>;
  /** as PEFT's key says which biases of the base model are among them */
  bias: "none" | "lora_only" | "all";
}

/** Whole weights and biases of a foreign adapter, as the base model has them with the adapter on it. */
export async function savedWeights(adapter: Adapter, model: ModelConfig, folder: string): Promise<SavedWeights> {
  const saved: SavedWeights = { modules: [], tensors: {}, bias: "none" };
  const { config } = adapter;
  if (config.kind !== "lora-by-module") return saved;
  const beside = biasesBeside(config);
  const wanted = (name: ModuleName): boolean =>
    config.modules[name]?.rank === null || (beside && config.modules[name]?.shift === true);
  if (!Object.keys(config.modules).some(wanted)) return saved;
  const { tensors } = await openWeights(folder);
  const has = (name: string): boolean => tensors.has(name);
  const apart = { ...model, tiedEmbeddings: false }; // modules_to_save gives each of embedding and head a weight of its own
  const publishedOf = publishedNames(apart, has);
  const ends = endsOf(model, has);
  const factors = factorAdapter(adapter, []);
  try {
    const changes = changesByTensor(apart, factors, has);
    const write = async (stored: string, name: string, shape: number[]): Promise<void> => {
      const data = await mergedValues({ name: stored, shape }, changes.get(stored) ?? [], {
        tensors,
        ends,
        source: folder,
      });
      saved.tensors[name] = { shape, data };
    };
    for (const { path, kind, parts, outSize, inSize, turned } of publishedModules(model)) {
      const own = parts.flatMap(({ module }) => (wanted(module) ? [config.modules[module]!] : []));
      if (own.length === 0) continue;
      const whole = own.some(({ rank }) => rank === null);
      const { module } = parts[0]!;
      if (whole) {
        const stored = publishedOf(kind === "head" ? TENSOR.head : `model.${module}.weight`).name;
        saved.modules.push(path);
        await write(stored, `${path}.weight`, turned || kind === "embedding" ? [inSize, outSize] : [outSize, inSize]);
      }
      const bias = publishedOf(`model.${module}.bias`).name;
      if (kind !== "linear" || (!whole && !own.some(({ shift }) => shift)) || !hasBias(model, module)) continue;
      const alone = whole || parts.every((part) => carriesBias(config, part.module) || !config.modules[part.module]);
      await write(bias, alone ? `${path}.bias` : `${path}.base_layer.bias`, [outSize]);
      if (!whole && saved.bias !== "all") saved.bias = alone ? "all" : "lora_only";
    }
  } finally {
    disposeFactors(factors.values());
  }
  return saved;
}

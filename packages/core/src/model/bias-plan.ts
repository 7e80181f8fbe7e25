import type { ModuleName } from "../layers/adapter-rows.ts";
import { UniArmError } from "../schema/error.ts";
import type { ModelConfig } from "../schema/model.ts";
import { FAMILIES } from "./family.ts";
import { layerModules, moduleName } from "./tensor-names.ts";

/** Whether the published class has a bias at a linear module, by the module's path; it ignores others that a file may hold. */
export function hasBias(config: ModelConfig, module: ModuleName): boolean {
  const [, block, name] = /\.(self_attn|mlp)\.(\w+)$/.exec(module) ?? [];
  if (block === undefined) return false;
  const isAttention = block === "self_attn";
  const { biases } = FAMILIES[config.modelType];
  const rule = isAttention ? biases.attention : biases.mlp;
  if (rule === "config") return config.biases?.[isAttention ? "attention" : "mlp"] ?? false;
  return rule === "all" || (rule === "qkv" && name !== "o_proj");
}

/**
 * The biases that a checkpoint must hold so that transformers reads it: its classes know biases per block, not per module,
 * so where one module has a bias, the others of its block get zeros.
 * @param has whether a module has one
 * @throws UniArmError model-bias-unsupported when the family's class has no place for one
 */
export function biasPlan(
  config: ModelConfig,
  has: (module: ModuleName) => boolean,
): { needed: { module: ModuleName; size: number }[]; attention: boolean; mlp: boolean } {
  const { biases, architecture } = FAMILIES[config.modelType];
  const ofBlock = (
    block: "self_attn" | "mlp",
    rule: (typeof biases)["attention"],
  ): { module: string; size: number }[] => {
    const modules = layerModules(config).filter((one) => one.block === block);
    const all = Array.from({ length: config.layers }, (_, layer) =>
      modules.map((one) => ({
        module: moduleName(layer, one),
        size: one.shape[0],
        isAllowed: rule === "config" || rule === "all" || (rule === "qkv" && one.name !== "o_proj"),
      })),
    ).flat();
    const stray = all.find(({ module, isAllowed }) => !isAllowed && has(module));
    if (stray) {
      throw new UniArmError(
        "model-bias-unsupported",
        `model.${stray.module}.bias is a bias, and the ${architecture} class of transformers has none there. ` +
          `Use an adapter without a shift (modulation: scale), or export it as PEFT's LoRA.`,
      );
    }
    const isThere = rule === "qkv" || rule === "all" || all.some(({ module }) => has(module));
    return isThere ? all.filter(({ isAllowed }) => isAllowed) : [];
  };
  const [attention, mlp] = [ofBlock("self_attn", biases.attention), ofBlock("mlp", biases.mlp)];
  return { needed: [...attention, ...mlp], attention: attention.length > 0, mlp: mlp.length > 0 };
}

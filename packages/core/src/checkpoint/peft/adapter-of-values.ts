import type { Adapter } from "../../adapters/adapter.ts";
import { buildAdapter } from "../../adapters/create.ts";
import { allModules, tensorName } from "../../adapters/modules.ts";
import type { ModuleName } from "../../layers/adapter-rows.ts";
import { LoraByModuleConfig, type LoraConfig } from "../../schema/adapter.ts";
import type { BaseModel } from "./base-model.ts";
import { unsupported } from "./config.ts";
import type { ModuleValues, Values } from "./module-values.ts";

/**
 * The adapter that these modules make.
 * @param where the file, named in errors
 * @param uniform its configuration where it is the same in every layer; default: by module
 */
export function adapterOfValues(
  values: ReadonlyMap<ModuleName, ModuleValues>,
  base: BaseModel,
  where: string,
  uniform: LoraConfig | null = null,
): Adapter {
  const order = allModules(base.config).filter(({ name }) => values.has(name));
  if (order.length === 0) throw unsupported(where, "it changes nothing of the base model", "Use the model without it.");
  const data: Record<string, Values> = {};
  for (const { name } of order)
    for (const [part, value] of Object.entries(values.get(name)!.tensors)) data[tensorName(name, part)] = value;
  const modules = Object.fromEntries(order.map(({ name }) => [name, values.get(name)!.form]));
  const config = uniform ?? LoraByModuleConfig.parse({ kind: "lora-by-module", modules });
  return buildAdapter(config, 1, order, data, null);
}

import { EMBEDDING, HEAD, type ModuleName } from "../layers/adapter-rows.ts";
import { layerModules, moduleName } from "../model/tensor-names.ts";
import { LINEAR_MODULES, type LinearModule } from "../schema/adapter.ts";
import type { ModelConfig } from "../schema/model.ts";

/** A linear module that an adapter acts on, weight [outSize, inSize]. */
export interface AdaptedModule {
  readonly name: ModuleName;
  readonly outSize: number;
  readonly inSize: number;
}

/** The linear modules of every layer that `targets` names, in the order they run. */
export function adaptedModules(model: ModelConfig, targets: readonly LinearModule[]): AdaptedModule[] {
  const modules = layerModules(model).filter(({ name }) => targets.includes(name));
  return Array.from({ length: model.layers }, (_, layer) =>
    modules.map((module) => ({ name: moduleName(layer, module), outSize: module.shape[0], inSize: module.shape[1] })),
  ).flat();
}

/** Every linear module, the embedding and the head: what an adapter that is not the same in every layer may act on. */
export function allModules(model: ModelConfig): AdaptedModule[] {
  const { vocabularySize, hiddenSize } = model;
  return [
    { name: EMBEDDING, outSize: hiddenSize, inSize: vocabularySize },
    ...adaptedModules(model, LINEAR_MODULES),
    { name: HEAD, outSize: vocabularySize, inSize: hiddenSize },
  ];
}

/** Name of an adapter tensor, as PEFT has it. */
export const tensorName = (module: ModuleName, part: string): string => `base_model.model.model.${module}.${part}`;

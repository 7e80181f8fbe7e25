import type { LinearModule } from "../schema/adapter.ts";
import type { ModelConfig } from "../schema/model.ts";
import type { ModuleName } from "../model/adapter-rows.ts";
import { linearPlaces, moduleName } from "../model/tensor-names.ts";

/** A linear module that an adapter acts on, weight [outSize, inSize]. */
export interface AdaptedModule {
  readonly name: ModuleName;
  readonly outSize: number;
  readonly inSize: number;
}

/** The linear modules of every layer that `targets` names, in the order they run. */
export function adaptedModules(model: ModelConfig, targets: readonly LinearModule[]): AdaptedModule[] {
  const places = linearPlaces(model).filter(({ name }) => targets.includes(name));
  return Array.from({ length: model.layers }, (_, layer) =>
    places.map((place) => ({ name: moduleName(layer, place), outSize: place.shape[0], inSize: place.shape[1] })),
  ).flat();
}

/** Name of an adapter tensor, as PEFT has it. */
export const tensorName = (module: ModuleName, part: string): string => `base_model.model.model.${module}.${part}`;

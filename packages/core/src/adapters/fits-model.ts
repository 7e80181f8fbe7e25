import { UniArmError } from "../schema/error.ts";
import type { ModelConfig } from "../schema/model.ts";
import type { Adapter } from "./adapter.ts";
import { adaptedModules, allModules } from "./modules.ts";
import { SCORER_HEAD } from "./scorer.ts";

/**
 * Whether the adapter's modules and width are those of the model.
 * @throws UniArmError adapter-model-mismatch
 */
export function checkFitsModel(adapter: Adapter, model: ModelConfig): void {
  const { config } = adapter;
  const fail = (what: string): never => {
    throw new UniArmError(
      "adapter-model-mismatch",
      `The adapter does not fit the model: ${what}. Use the base model that it was trained on.`,
    );
  };
  const every = config.kind === "lora-by-module" ? allModules(model) : adaptedModules(model, config.targets);
  const expected = config.kind === "lora-by-module" ? every.filter(({ name }) => name in config.modules) : every;
  if (adapter.modules.length !== expected.length) {
    fail(
      `it adapts ${adapter.modules.length} modules, the model has ${expected.length} of them in its ${model.layers} layers`,
    );
  }
  expected.forEach(({ name, outSize, inSize }, index) => {
    const module = adapter.modules[index]!;
    if (module.name === name && module.outSize === outSize && module.inSize === inSize) return;
    fail(
      `${module.name} is [${module.outSize}, ${module.inSize}] in the adapter and [${outSize}, ${inSize}] in the model`,
    );
  });
  const vectors = adapter.objectiveVectors ?? adapter.tensors[SCORER_HEAD];
  const what = adapter.objectiveVectors ? "objective vectors" : "head's rows";
  const width = vectors?.shape[1] ?? model.hiddenSize;
  if (width !== model.hiddenSize) fail(`its ${what} have ${width} entries, the model is ${model.hiddenSize} wide`);
}

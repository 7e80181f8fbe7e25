import type { Adapter } from "../../adapters/adapter.ts";
import { LORA_PART } from "../../adapters/lora-by-module.ts";
import { EMBEDDING, HEAD, type ModuleName } from "../../layers/adapter-rows.ts";
import { requiredTensors, TENSOR } from "../../model/tensor-names.ts";
import { UniArmError } from "../../schema/error.ts";
import type { ModelConfig } from "../../schema/model.ts";
import * as tf from "../../tensor/tf.ts";
import { openBaseModel, type BaseModel } from "./base-model.ts";
import { adapterOfValues } from "./adapter-of-values.ts";
import { addShift, type ModuleValues } from "./module-values.ts";

/**
 * A whole model as what it adds to its base model, matrix by matrix: what PEFT merged, for one. Exact, and as large as the
 * modules that differ.
 * @throws UniArmError adapter-model-mismatch, and those of reading models
 */
export async function readModelAsAdapter(folder: string, model: string): Promise<Adapter> {
  const [given, base] = [await openBaseModel(folder), await openBaseModel(model)];
  const fail = (what: string): UniArmError =>
    new UniArmError(
      "adapter-model-mismatch",
      `${folder} is no adapter but a model, and ${what} those of the base model ${model}. Import a model that differs from its base in linear modules, embedding and head alone, as one does that a LoRA was merged into.`,
    );
  if (shapeOf(given.config) !== shapeOf(base.config)) throw fail("its sizes and settings are not");
  const others = requiredTensors(base.config).filter(({ name }) => !isModule(name));
  for (const { name } of others) if (!same(given, base, name)) throw fail(`its values of ${name} are not`);
  const values = new Map<ModuleName, ModuleValues>();
  for (const { parts, inSize } of base.modules) {
    for (const { module, size } of parts) {
      const delta = tf.tidy(() => tf.sub(given.weightOf(module), base.weightOf(module)));
      const [data, shape] = [delta.dataSync<"float32">().slice(), [...delta.shape]];
      delta.dispose();
      if (data.some((value) => value !== 0)) {
        const form = { rank: null, scale: 1, shift: false, rescaled: false };
        values.set(module, { form, tensors: { [LORA_PART.whole]: { shape, data } } });
      }
      const shift = biasDelta(given, base, module, size);
      if (shift) addShift(values, module, shift, inSize);
    }
  }
  return adapterOfValues(values, base, folder);
}

/** What decides how weights are used; which tokens are special does not, nor whether the head is the embedding. */
const shapeOf = (config: ModelConfig): string =>
  JSON.stringify(config, (key, value: unknown) =>
    ["bosTokenId", "eosTokenIds", "padTokenId", "tiedEmbeddings"].includes(key) ? undefined : value,
  );

const isModule = (name: string): boolean =>
  name === TENSOR.embedding || name === TENSOR.head || name.endsWith("_proj.weight");

function same(given: BaseModel, base: BaseModel, name: string): boolean {
  return tf.tidy(() => {
    const [one, other] = [given.tensorOf(name), base.tensorOf(name)].map((tensor) => tensor.dataSync<"float32">());
    return one!.every((value, index) => value === other![index]);
  });
}

/** null where both models have the same bias, or none */
function biasDelta(given: BaseModel, base: BaseModel, module: ModuleName, size: number): Float32Array | null {
  if (module === EMBEDDING || module === HEAD) return null;
  const delta = tf.tidy(() => {
    const [one, other] = [given.biasOf(module), base.biasOf(module)];
    return tf
      .sub(one ?? tf.zeros([size]), other ?? tf.zeros([size]))
      .dataSync<"float32">()
      .slice();
  });
  return delta.some((value) => value !== 0) ? delta : null;
}

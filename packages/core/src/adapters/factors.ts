import { HEAD, type ModuleName } from "../layers/adapter-rows.ts";
import { FAMILIES } from "../model/family.ts";
import { ignoresPreference } from "../schema/adapter.ts";
import { UniArmError } from "../schema/error.ts";
import type { ModelConfig } from "../schema/model.ts";
import { parsePreference } from "../schema/preference.ts";
import * as tf from "../tensor/tf.ts";
import { partOf, type Adapter, type Factors } from "./adapter.ts";
import { factorLora } from "./lora.ts";
import { factorLoraModule } from "./lora-by-module.ts";
import { factorMosLora } from "./moslora.ts";
import { factorPbLora } from "./pblora.ts";

/**
 * What an adapter at one preference makes of each module W x: rescale (W x) + up (down x) + bias, where `up`, `rescale` and
 * `bias` may be missing; exact. For a LoRA, which has no preference, give []. The caller owns the tensors.
 * @throws UniArmError preference-invalid
 */
export function factorAdapter(adapter: Adapter, preference: readonly number[]): Map<ModuleName, Factors> {
  const { config } = adapter;
  const entries = ignoresPreference(config) ? [1] : parsePreference(preference, adapter.objectiveCount);
  const row = tf.tensor2d(Float32Array.from(entries), [1, entries.length]);
  try {
    return new Map(
      adapter.modules.map((module) => {
        const factors = tf.scoped((): Factors => {
          const { down, up, bias, rescale } = factorModule(adapter, module.name, row);
          // clones: what a factor shares with the adapter stays the adapter's
          return {
            down: tf.clone(down),
            up: up && tf.clone(up),
            bias: bias && tf.clone(bias),
            rescale: rescale && tf.clone(rescale),
          };
        });
        return [module.name, factors];
      }),
    );
  } finally {
    row.dispose();
  }
}

function factorModule(adapter: Adapter, name: ModuleName, row: tf.Tensor2D): Factors {
  const { config } = adapter;
  const part = (of: string): tf.Tensor2D => partOf(adapter, name, of);
  if (config.kind === "lora" || config.kind === "scorer") return factorLora(config, part);
  if (config.kind === "lora-by-module") return factorLoraModule(config, adapter, name);
  if (config.kind === "pblora") return factorPbLora(config, part, row);
  return factorMosLora(config, adapter, name, row);
}

/** The weight [out,in] of a module that has these factors; for the caller's tidy. */
export function changedWeight(weight: tf.Tensor2D, { down, up, rescale }: Factors): tf.Tensor2D {
  const own: tf.Tensor2D = rescale ? tf.mul(weight, rescale) : weight;
  return tf.add(own, up ? tf.matMul(up, down) : down);
}

/** @throws UniArmError model-bias-unsupported when the head would need a bias, which no family's class has */
export function checkHeadBias(factors: ReadonlyMap<ModuleName, Factors>, { modelType }: ModelConfig): void {
  if (!factors.get(HEAD)?.bias) return;
  throw new UniArmError(
    "model-bias-unsupported",
    `The adapter adds a bias to lm_head, and the ${FAMILIES[modelType].architecture} class of transformers has none there. Use it as it is, or export it as PEFT's LoRA.`,
  );
}

export function disposeFactors(factors: Iterable<Factors>): void {
  for (const { down, up, bias, rescale } of factors)
    tf.dispose([down, up, bias, rescale].filter((tensor) => tensor !== null));
}

import type { ModuleName } from "../layers/adapter-rows.ts";
import { parsePreference } from "../schema/preference.ts";
import * as tf from "../tensor/tf.ts";
import { partOf, type Adapter, type Factors } from "./adapter.ts";
import { factorLora } from "./lora.ts";
import { factorMosLora } from "./moslora.ts";
import { factorPbLora } from "./pblora.ts";

/**
 * What an adapter at one preference adds to each module as the product of two thin matrices and, where the form shifts, a
 * bias: x -> up (down x) + bias; exact. For a LoRA, which has no preference, give []. The caller owns the tensors.
 * @throws UniArmError preference-invalid
 */
export function factorAdapter(adapter: Adapter, preference: readonly number[]): Map<ModuleName, Factors> {
  const { config } = adapter;
  const entries = config.kind === "lora" ? [1] : parsePreference(preference, adapter.objectiveCount);
  const row = tf.tensor2d(Float32Array.from(entries), [1, entries.length]);
  try {
    return new Map(
      adapter.modules.map((module) => {
        const [down, up, bias] = tf.tidy(() => {
          const part = (name: string): tf.Tensor2D => partOf(adapter, module.name, name);
          const factors =
            config.kind === "lora"
              ? factorLora(config, part)
              : config.kind === "pblora"
                ? factorPbLora(config, part, row)
                : factorMosLora(config, adapter, module.name, row);
          return [tf.clone(factors.down), tf.clone(factors.up), ...(factors.bias ? [tf.clone(factors.bias)] : [])];
        }) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D?];
        return [module.name, { down, up, bias: bias ?? null }];
      }),
    );
  } finally {
    row.dispose();
  }
}

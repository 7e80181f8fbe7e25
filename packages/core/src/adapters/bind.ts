import type { RowAdapter } from "../model/adapter-rows.ts";
import { UniArmError } from "../schema/error.ts";
import { checkShape } from "../tensor/shape.ts";
import * as tf from "../tensor/tf.ts";
import type { Adapter, ModuleDelta } from "./adapter.ts";
import { bindLora } from "./lora.ts";
import { bindMosLora } from "./moslora.ts";
import { bindPbLora } from "./pblora.ts";

/**
 * The adapter as rows with these preferences [B,K] see it; `forward` may use it as often as wanted. Call it inside the
 * tidy, and for training inside the gradient, that uses the result: its tensors are the scope's. LoRA sees no preference.
 * @throws UniArmError shape-mismatch when the preference has not one entry per objective, or not the rows of the batch
 */
export function bindAdapter(adapter: Adapter, preference: tf.Tensor2D): RowAdapter {
  const blind = adapter.config.kind === "lora";
  if (!blind) checkShape(preference, [null, adapter.objectiveCount], "The preference [rows, objectives]");
  const rows = preference.shape[0];
  const bound = deltas(adapter, preference);
  const byModule = new Map(adapter.modules.map(({ name }, index) => [name, bound[index]!]));
  return {
    adapt: (module, x, out) => {
      const delta = byModule.get(module);
      if (!delta) return out;
      if (!blind && x.shape[0] !== rows) {
        throw new UniArmError(
          "shape-mismatch",
          `The adapter is bound to ${rows} preferences but acts on ${x.shape[0]} rows; each row needs its own.`,
        );
      }
      return tf.add(out, delta(x));
    },
  };
}

function deltas(adapter: Adapter, preference: tf.Tensor2D): ModuleDelta[] {
  const { config } = adapter;
  if (config.kind === "lora") return bindLora(config, adapter);
  if (config.kind === "pblora") return bindPbLora(config, adapter, preference);
  return bindMosLora(config, adapter, preference);
}

import { EMBEDDING, HEAD, type ModuleDelta, type RowAdapter } from "../layers/adapter-rows.ts";
import { ignoresPreference } from "../schema/adapter.ts";
import { checkShape } from "../tensor/shape.ts";
import type * as tf from "../tensor/tf.ts";
import type { Adapter } from "./adapter.ts";
import { bindLora } from "./lora.ts";
import { bindLoraByModule } from "./lora-by-module.ts";
import { bindMosLora } from "./moslora.ts";
import { bindPbLora } from "./pblora.ts";

/**
 * The adapter as rows with these preferences [B,K] see it; `forward` may use it any number of times. Call it inside the
 * tidy, and for training inside the gradient, that uses the result: its `modulation` belongs to that scope unless it is
 * kept. LoRA sees no preference.
 * @throws UniArmError shape-mismatch when the preference has not one entry per objective
 */
export function bindAdapter(adapter: Adapter, preference: tf.Tensor2D): RowAdapter {
  const blind = ignoresPreference(adapter.config);
  if (!blind) checkShape(preference, [null, adapter.objectiveCount], "The preference [rows, objectives]");
  const rows = preference.shape[0];
  const bound = deltas(adapter, preference);
  const byModule = new Map(adapter.modules.map(({ name }, index) => [name, bound[index]!]));
  return {
    rows: blind ? null : rows,
    modulation: [...new Set(bound.flatMap(({ modulation }) => modulation))],
    deltaOf: (module) => byModule.get(module) ?? null,
    ends: { embedding: byModule.get(EMBEDDING) ?? null, head: byModule.get(HEAD) ?? null },
  };
}

function deltas(adapter: Adapter, preference: tf.Tensor2D): ModuleDelta[] {
  const { config } = adapter;
  if (config.kind === "lora" || config.kind === "scorer") return bindLora(config, adapter);
  if (config.kind === "lora-by-module") return bindLoraByModule(config, adapter);
  if (config.kind === "pblora") return bindPbLora(config, adapter, preference);
  return bindMosLora(config, adapter, preference);
}

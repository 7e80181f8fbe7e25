import type * as tf from "../tensor/tf.ts";
import type { Adapter } from "./adapter.ts";

/** What every preference shares: MoSLoRA's A and B; PBLoRA's A, B and W1. */
const SHARED = /\.(?:moslora_[AB]|pblora_(?:[AB]|W1))$/;

/** The tensors of an adapter through which the preference acts, and they alone; of a LoRA, none. */
export function modulationTensors({ config, tensors }: Adapter): Record<string, tf.Variable> {
  if (config.kind !== "moslora" && config.kind !== "pblora") return {};
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => !SHARED.test(name)));
}

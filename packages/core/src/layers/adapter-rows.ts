import { UniArmError } from "../schema/error.ts";
import type * as tf from "../tensor/tf.ts";

/** A linear module by its path in the model: "layers.0.self_attn.q_proj", "layers.1.mlp.down_proj". */
export type ModuleName = string;

/** The modules outside the layers that an adapter may act on. */
export const EMBEDDING = "embed_tokens" satisfies ModuleName;
export const HEAD = "lm_head" satisfies ModuleName;

/**
 * What an adapter adds to a linear module, never made dense: modulateOutput(modulateInner(x down^T) up^T). For the embedding,
 * which reads token ids, x is a row of ones and zeros.
 */
export interface ModuleDelta {
  /** [r,in]; [out,in] where there is no `up`; of the embedding then [V,d], as its table is */
  readonly down: tf.Tensor2D;
  /** [out,r]; null: the product with `down` is all */
  readonly up: tf.Tensor2D | null;
  /** what the rows' preferences came to for this module; given to `modulateInner` and `modulateOutput` */
  readonly modulation: readonly tf.Tensor[];
  /** [b,T,r] -> [b,T,r], where a row's preference acts */
  readonly modulateInner: (inner: tf.Tensor3D, modulation: readonly tf.Tensor[]) => tf.Tensor3D;
  /**
   * What `modulateInner` is, for the engine: h times modulation[0] (and plus modulation[1]), a number or [b,1,r] each; or the
   * product of h and modulation[0] [b,r,r]; absent: something else
   */
  readonly innerForm?: "scale" | "core" | undefined;
  /** [b,T,out] -> [b,T,out], for adapters whose preference acts on the output; else null */
  readonly modulateOutput: ((delta: tf.Tensor3D, modulation: readonly tf.Tensor[]) => tf.Tensor3D) | null;
  /** x [b*T,in] as the adapter reads it in training, where some of it is left out */
  readonly dropInput?: (x: tf.Tensor2D) => tf.Tensor2D;
  /** [1,out]: what the frozen module's own product is multiplied by, before its bias and the delta are added */
  readonly rescale?: tf.Tensor2D | null;
}

/** What an adapter does to linear modules, with a preference per row already bound. */
export interface RowAdapter {
  /** the rows it is bound to; null when it does for any */
  rows: number | null;
  /** all tensors that were made of the preferences */
  modulation: readonly tf.Tensor[];
  /** null for a module of the layers that is not adapted */
  deltaOf(module: ModuleName): ModuleDelta | null;
  /** where something else than the layers is adapted */
  ends?: { embedding: ModuleDelta | null; head: ModuleDelta | null };
}

/** The rows start ... start+count-1 of a batch see `adapter`; rows that no entry covers see the frozen model. */
export interface AdapterRows {
  adapter: RowAdapter;
  start: number;
  count: number;
}

/** @throws UniArmError shape-mismatch when an adapter is bound to another number of rows than it acts on */
export function checkAdapterRows(entries: readonly AdapterRows[]): void {
  for (const { adapter, count } of entries) {
    if (adapter.rows === null || adapter.rows === count) continue;
    throw new UniArmError(
      "shape-mismatch",
      `The adapter is bound to ${adapter.rows} preferences but acts on ${count} rows; each row needs its own.`,
    );
  }
}

/** Whether some rows' logits are not those of the model's head alone. */
export const changesHead = (entries: readonly AdapterRows[]): boolean =>
  entries.some(({ adapter, count }) => count > 0 && adapter.ends?.head);

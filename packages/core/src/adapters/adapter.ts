import type { ModuleName } from "../layers/adapter-rows.ts";
import type { StoredAdapterConfig } from "../schema/adapter.ts";
import type * as tf from "../tensor/tf.ts";
import { tensorName, type AdaptedModule } from "./modules.ts";

/** The trained part of an ARM, on the linear modules of a frozen base model. */
export interface Adapter {
  readonly config: StoredAdapterConfig;
  readonly objectiveCount: number;
  readonly modules: readonly AdaptedModule[];
  /** by their published names: PEFT's for LoRA, PARM's for PBLoRA, this project's own for MoSLoRA */
  readonly tensors: Record<string, tf.Variable>;
  /** MoSLoRA's o_i, [K,d], not trained; null for the other forms */
  readonly objectiveVectors: tf.Tensor2D | null;
  dispose(): void;
}

/**
 * The same for one preference as two thin matrices, down [r,in] and up [out,r], or one whole one, down [out,in]; with a bias
 * [out] where there is one, and what the module's own weight is multiplied by, [out,1].
 */
export interface Factors {
  down: tf.Tensor2D;
  up: tf.Tensor2D | null;
  bias: tf.Tensor1D | null;
  rescale: tf.Tensor2D | null;
}

/** One tensor of one adapted module. */
export function partOf(adapter: Adapter, module: ModuleName, part: string): tf.Tensor2D {
  return adapter.tensors[tensorName(module, part)] as tf.Variable<tf.Rank.R2>;
}

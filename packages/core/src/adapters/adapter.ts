import type { ModuleName } from "../layers/adapter-rows.ts";
import type { AdapterConfig } from "../schema/adapter.ts";
import type * as tf from "../tensor/tf.ts";
import { tensorName, type AdaptedModule } from "./modules.ts";

/** The trained part of an ARM, on the linear modules of a frozen base model. */
export interface Adapter {
  readonly config: AdapterConfig;
  readonly objectiveCount: number;
  readonly modules: readonly AdaptedModule[];
  /** by their published names: PEFT's for LoRA, PARM's for PBLoRA, this project's own for MoSLoRA */
  readonly tensors: Record<string, tf.Variable>;
  /** MoSLoRA's o_i, [K,d], not trained; null for the other forms */
  readonly objectiveVectors: tf.Tensor2D | null;
  dispose(): void;
}

/** The same as a change of a plain linear module, for one preference: weight [out,in], bias [out]. */
export type MergedModule = { weight: tf.Tensor2D; bias: tf.Tensor1D | null };

/** The same as two thin matrices: down [r,in], up [out,r], bias [out]. */
export interface Factors {
  down: tf.Tensor2D;
  up: tf.Tensor2D;
  bias: tf.Tensor1D | null;
}

/** One tensor of one adapted module. */
export function partOf(adapter: Adapter, module: ModuleName, part: string): tf.Tensor2D {
  return adapter.tensors[tensorName(module, part)] as tf.Variable<tf.Rank.R2>;
}

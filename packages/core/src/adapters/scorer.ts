import type { ScorerConfig } from "../schema/adapter.ts";
import type * as tf from "../tensor/tf.ts";
import type { Adapter } from "./adapter.ts";
import { loraTensors } from "./lora.ts";
import type { AdaptedModule } from "./modules.ts";
import { zeroStart, type TensorSpec } from "./tensor-spec.ts";

/** Name of the head [K,d], as PEFT has that of a sequence classifier. */
export const SCORER_HEAD = "base_model.model.score.weight";

/** A LoRA, and a head that starts at zero: a fresh scorer prefers nothing. */
export const scorerTensors = (
  config: ScorerConfig,
  modules: readonly AdaptedModule[],
  objectiveCount: number,
  width: number,
): TensorSpec[] => [
  ...modules.flatMap((module) => loraTensors(config, module)),
  { name: SCORER_HEAD, shape: [objectiveCount, width], start: zeroStart },
];

/** The head of a scorer [K,d]. */
export const scorerHead = ({ tensors }: Adapter): tf.Variable<tf.Rank.R2> =>
  tensors[SCORER_HEAD] as tf.Variable<tf.Rank.R2>;

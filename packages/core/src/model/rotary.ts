import type { ModelConfig } from "../schema/model.ts";
import type * as tf from "../tensor/tf.ts";
import { rotaryFrequencies, rotaryTable } from "./layers.ts";

/** cos and sin by position, [positions, headSize] each; a longer pass makes them longer, up to the model's context. */
export interface Rotary {
  cos: tf.Tensor2D;
  sin: tf.Tensor2D;
  /** shorter tables, which a pass that is still to go backward may read; freed with the model */
  outgrown: tf.Tensor2D[];
}

/** Contexts of 100,000 tokens and more are for few; their tables would be as large as a layer. */
const FIRST_POSITIONS = 4096;

export function rotaryOf(config: ModelConfig): Rotary {
  return { ...tables(config, Math.min(config.contextTokens, FIRST_POSITIONS)), outgrown: [] };
}

/** Tables of at least `positions`. */
export function growRotary(rotary: Rotary, config: ModelConfig, positions: number): void {
  const [known] = rotary.cos.shape;
  if (positions <= known) return;
  rotary.outgrown.push(rotary.cos, rotary.sin);
  Object.assign(rotary, tables(config, Math.min(config.contextTokens, Math.max(positions, 2 * known))));
}

function tables({ headSize, rope }: ModelConfig, positions: number): Pick<Rotary, "cos" | "sin"> {
  return rotaryTable(positions, headSize, rope && rotaryFrequencies(headSize, rope.theta, rope.scaling));
}

import type { ModelConfig, RopeScaling } from "../schema/model.ts";
import * as tf from "../tensor/tf.ts";

/** cos and sin by position, [positions, headSize] each; a longer pass makes them longer, up to the model's context. */
export interface Rotary {
  cos: tf.Tensor2D;
  sin: tf.Tensor2D;
  /** shorter tables, which a pass that has not gone backward yet may still read; freed with the model */
  outgrown: tf.Tensor2D[];
}

/** Few passes use contexts of 100,000 tokens and more; their tables would be as large as a layer. */
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

/**
 * cos and sin of the first positions, [positions, headSize]: angle = position * frequency of the pair (i, i + headSize/2),
 * as Hugging Face pairs them. The first half of sin is negated: there the rotation subtracts. Without frequencies nothing
 * turns: cos is 1 and sin 0.
 */
export function rotaryTable(
  positions: number,
  headSize: number,
  frequencies: readonly number[] | null,
): { cos: tf.Tensor2D; sin: tf.Tensor2D } {
  const half = headSize / 2;
  const cos = new Float32Array(positions * headSize).fill(1);
  const sin = new Float32Array(positions * headSize);
  frequencies?.forEach((frequency, pair) => {
    for (let position = 0; position < positions; position++) {
      const angle = position * frequency;
      const at = position * headSize + pair;
      cos[at] = cos[at + half] = Math.cos(angle);
      sin[at + half] = Math.sin(angle);
      sin[at] = -Math.sin(angle);
    }
  });
  const table = (values: Float32Array): tf.Tensor2D => tf.keep(tf.tensor2d(values, [positions, headSize]));
  return { cos: table(cos), sin: table(sin) };
}

/** Radians per position of each pair: theta^(-2i / headSize), stretched where the model says so. */
export function rotaryFrequencies(headSize: number, theta: number, scaling: RopeScaling | null): number[] {
  const plain = Array.from({ length: headSize / 2 }, (_, pair) => theta ** ((-2 * pair) / headSize));
  if (scaling === null) return plain;
  if (scaling.kind === "linear") return plain.map((frequency) => frequency / scaling.factor);
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContextTokens } = scaling;
  return plain.map((frequency) => {
    const turns = (originalContextTokens * frequency) / (2 * Math.PI); // in the original context
    const kept = Math.min(1, Math.max(0, (turns - low) / (high - low))); // 1: fast pairs stay, 0: slow ones are stretched
    return frequency * (kept + (1 - kept) / factor);
  });
}

import type { ModelConfig } from "../schema/model.ts";
import type { Rope } from "../schema/rope.ts";
import * as tf from "../tensor/tf.ts";
import { attentionFactorOf, rotaryFrequencies } from "./rotary-frequencies.ts";

/** cos and sin by position, [positions, headSize] each. */
export interface RotaryTable {
  cos: tf.Tensor2D;
  sin: tf.Tensor2D;
}

/** The tables of a model, by what `rotaryKey` calls them; a longer pass makes them longer, up to the model's context. */
export interface Rotary {
  tables: Map<string, RotaryTable>;
  /** shorter tables, which a pass that has not gone backward yet may still read; freed with the model */
  outgrown: tf.Tensor2D[];
}

/** Few passes use contexts of 100,000 tokens and more; their tables would be as large as a layer. */
const FIRST_POSITIONS = 4096;

export function rotaryOf(config: ModelConfig): Rotary {
  const rotary = { tables: new Map<string, RotaryTable>(), outgrown: [] };
  prepareRotary(rotary, config, 1);
  return rotary;
}

/** The table that a layer of a pass turns by. */
export function rotaryKey(config: ModelConfig, layer: number, longest: number): string {
  const depth = config.attention?.byDepth ? `${layer + 1}` : "";
  const rope = ropeOf(config, layer);
  const kind = rope === null ? "none" : rope === config.rope ? "main" : "windowed";
  return `${kind}${depth}${isLong(rope, longest) ? " long" : ""}`;
}

/** What a layer turns by; null where nothing turns. */
function ropeOf({ rope, windowedRope, slidingWindow, layersWithoutRope }: ModelConfig, layer: number): Rope | null {
  if (layersWithoutRope?.includes(layer)) return null;
  return (slidingWindow?.layers.includes(layer) ? windowedRope : undefined) ?? rope;
}

/** Whether a pass whose longest row has so many tokens turns by the frequencies of long contexts. */
export const isLong = (rope: Rope | null, longest: number): boolean =>
  rope?.scaling?.kind === "longrope" && longest > rope.scaling.originalContextTokens;

/** Tables for all layers of a pass whose longest row has so many tokens. */
export function prepareRotary(rotary: Rotary, config: ModelConfig, longest: number): void {
  for (let layer = 0; layer < config.layers; layer++) {
    const key = rotaryKey(config, layer, longest);
    const known = rotary.tables.get(key);
    const positions = known?.cos.shape[0] ?? 0;
    if (longest <= positions) continue;
    if (known) rotary.outgrown.push(known.cos, known.sin);
    const wanted = Math.min(config.contextTokens, Math.max(longest, 2 * positions, FIRST_POSITIONS));
    rotary.tables.set(key, tableOf(config, layer, longest, wanted));
  }
}

function tableOf(config: ModelConfig, layer: number, longest: number, positions: number): RotaryTable {
  const { headSize, attention } = config;
  const rope = ropeOf(config, layer);
  const scale = attention?.scale ?? headSize ** -0.5;
  const scores = (scale * headSize ** 0.5) / (attention?.byDepth ? layer + 1 : 1);
  if (!rope) return rotaryTable(positions, headSize, null, { all: Math.sqrt(scores) });
  return rotaryTable(positions, headSize, rotaryFrequencies(rope.size ?? headSize, rope, isLong(rope, longest)), {
    all: Math.sqrt(scores),
    turned: attentionFactorOf(rope),
  });
}

/**
 * cos and sin of the first positions, [positions, headSize]: angle = position * frequency of the pair (i, i + half), as
 * Hugging Face pairs them, half being the number of frequencies. The first half of sin is negated: there the rotation
 * subtracts. What has no frequency does not turn: cos is 1 and sin 0.
 * @param factors of all entries, and of those that turn. Queries and keys are both turned, so scores see them squared.
 */
export function rotaryTable(
  positions: number,
  headSize: number,
  frequencies: readonly number[] | null,
  { all = 1, turned = 1 }: { all?: number; turned?: number } = {},
): RotaryTable {
  const half = frequencies?.length ?? 0;
  const cos = new Float32Array(positions * headSize).fill(all);
  const sin = new Float32Array(positions * headSize);
  const factor = all * turned;
  frequencies?.forEach((frequency, pair) => {
    for (let position = 0; position < positions; position++) {
      const angle = position * frequency;
      const at = position * headSize + pair;
      cos[at] = cos[at + half] = factor * Math.cos(angle);
      sin[at + half] = factor * Math.sin(angle);
      sin[at] = -factor * Math.sin(angle);
    }
  });
  const table = (values: Float32Array): tf.Tensor2D => tf.keep(tf.tensor2d(values, [positions, headSize]));
  return { cos: table(cos), sin: table(sin) };
}

export function disposeRotary({ tables, outgrown }: Rotary): void {
  for (const { cos, sin } of tables.values()) tf.dispose([cos, sin]);
  tables.clear();
  tf.dispose(outgrown);
}

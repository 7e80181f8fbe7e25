import type { Rope, RopeScaling } from "../schema/rope.ts";

type Yarn = Extract<RopeScaling, { kind: "yarn" }>;
type Llama3 = Extract<RopeScaling, { kind: "llama3" }>;

/**
 * Radians per position of each pair: theta^(-2i / size), stretched where the model says so.
 * @param isLong whether the pass has a row beyond the context that the model was trained with; longrope alone asks
 */
export function rotaryFrequencies(size: number, { theta, scaling }: Omit<Rope, "size">, isLong = false): number[] {
  const plain = Array.from({ length: size / 2 }, (_, pair) => theta ** ((-2 * pair) / size));
  switch (scaling?.kind) {
    case undefined:
    case "dynamic": // stretches rows beyond the context only, and there are none
      return plain;
    case "linear":
      return plain.map((frequency) => frequency / scaling.factor);
    case "llama3":
      return plain.map((frequency) => llama3Frequency(frequency, scaling));
    case "yarn":
      return yarnFrequencies(plain, theta, scaling);
    case "longrope": {
      const factors = isLong ? scaling.longFactors : scaling.shortFactors;
      return plain.map((frequency, pair) => frequency / factors[pair]!);
    }
  }
}

/** What cos and sin are multiplied by. */
export const attentionFactorOf = ({ scaling }: Omit<Rope, "size">): number =>
  scaling?.kind === "yarn" || scaling?.kind === "longrope" ? scaling.attentionFactor : 1;

function llama3Frequency(frequency: number, scaling: Llama3): number {
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContextTokens } = scaling;
  const turns = (originalContextTokens * frequency) / (2 * Math.PI); // in the original context
  const kept = Math.min(1, Math.max(0, (turns - low) / (high - low))); // 1: fast pairs stay, 0: slow ones are stretched
  return frequency * (kept + (1 - kept) / factor);
}

/** YaRN (arXiv 2309.00071): pairs that turn often in the original context stay, slow ones are stretched, a ramp between. */
function yarnFrequencies(plain: readonly number[], theta: number, scaling: Yarn): number[] {
  const { factor, originalContextTokens, betaFast, betaSlow, truncate } = scaling;
  const size = 2 * plain.length;
  const pairThatTurns = (times: number): number =>
    (size * Math.log(originalContextTokens / (times * 2 * Math.PI))) / (2 * Math.log(theta));
  const ends = [pairThatTurns(betaFast), pairThatTurns(betaSlow)] as const;
  const low = Math.max(0, truncate ? Math.floor(ends[0]) : ends[0]);
  const high = Math.min(size - 1, truncate ? Math.ceil(ends[1]) : ends[1]);
  const width = low === high ? 0.001 : high - low;
  return plain.map((frequency, pair) => {
    const stretched = Math.min(1, Math.max(0, (pair - low) / width));
    return frequency * (1 - stretched + stretched / factor);
  });
}

import { tf } from "@uniarm/core";
import type { Fusion } from "@uniarm/core/schema";
import { exactModLogProbs } from "./fusion/mod-exact.ts";
import { modScores } from "./fusion/mod.ts";
import { alphaOf, needsBase } from "./fusion/open.ts";
import { guidedScores, type ArmLogits } from "./fusion/product.ts";
import { partsOf, rowsUnguided, type GuidedLogits } from "./guided-logits.ts";

/** ARMs without their base are multiplied by the preference: MOD of the reverse KL divergence. */
const ARMS = { rule: "mod", divergence: "reverse-kl", form: "exact" } as const;

/** Log-probabilities of the next token by the rule of fusion, up to a constant per row [N,V]; for the caller's tidy. */
export function scoresOf(next: GuidedLogits): tf.Tensor2D {
  if (next.scores) return tf.clone(next.scores);
  const parts = tf.split<tf.Tensor2D>(next.logits, partsOf(next), 0); // [N,V] each
  const base = next.hasBase ? parts.shift()! : null;
  const lanes = next.coefficients.map((row, lane) => ({ logits: parts[lane]!, coefficients: tf.tensor1d([...row]) }));
  if (next.fusion.rule === "product") return guidedScores(base!, lanes);
  if (lanes.length === 0) return tf.clone(base!);
  const mix = next.fusion.rule === "arm" ? ARMS : next.fusion;
  const fused = mix.rule === "mod" && lanes.length > 1 ? mixed(mix, base, lanes) : tf.clone(lanes[0]!.logits);
  const unguided = rowsUnguided(next.coefficients);
  if (!unguided.includes(true)) return fused;
  const mask = tf.tensor2d(
    unguided.map((is) => [is]),
    [unguided.length, 1],
    "bool",
  );
  return tf.where(mask, base!, fused);
}

/** What the engine's own draw takes: base and ARMs of a product apart, else scores as if they were a base's. */
export function drawableOf(next: GuidedLogits): Pick<GuidedLogits, "logits" | "coefficients"> {
  return next.fusion.rule === "product" && !next.scores ? next : { logits: scoresOf(next), coefficients: [] };
}

function mixed(
  fusion: Extract<Fusion, { rule: "mod" }>,
  base: tf.Tensor2D | null,
  lanes: readonly ArmLogits[],
): tf.Tensor2D {
  const policies = lanes.map(({ logits, coefficients }) => ({
    logProbs: tf.logSoftmax(logits),
    weights: coefficients,
  }));
  const alpha = alphaOf(fusion);
  const scores = needsBase(fusion)
    ? exactModLogProbs(fusion.divergence, alpha, tf.logSoftmax(base!), policies)
    : modScores(fusion.divergence, alpha, policies);
  // penalties act on the scale of logits: a policy that counts alone has its own
  const scale = lanes
    .map(({ logits, coefficients }) => tf.mul(tf.logSumExp(logits, 1, true), tf.expandDims(coefficients, 1))) // [N,1]
    .reduce((sum, one) => tf.add(sum, one));
  return tf.add(scores, scale);
}

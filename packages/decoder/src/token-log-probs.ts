import { logSoftmaxAt, tf } from "@uniarm/core";
import type { TokenLogProbs } from "@uniarm/core/schema";
import { scoresOf } from "./guide.ts";
import type { GuidedBatch } from "./guided-batch.ts";
import { partsOf, type GuidedLogits } from "./guided-logits.ts";

export interface ReadToken extends TokenLogProbs {
  tokenId: number;
}

/** Log-probabilities of each row's chosen token, and of the likeliest one that was not chosen. */
export interface ReadTokens {
  chosen: ReadToken[];
  runnersUp: ReadToken[];
}

/**
 * Log-probabilities (nats) under the base, the ARMs and what they are fused to, before temperature and filters.
 * @param next of a batch whose base model is read
 * @param ids the chosen token of each row
 * @param armCount ARMs of the checkpoint; the batch runs only those that count in it
 * @param scored `scoresOf(next)`, where the caller has it; it stays the caller's
 */
export async function readTokenLogProbs(
  next: GuidedLogits,
  ids: readonly number[],
  { lanes, rows }: Pick<GuidedBatch, "lanes" | "rows">,
  armCount: number,
  scored?: tf.Tensor2D,
): Promise<ReadTokens> {
  const [logProbs, others] = tf.tidy(() => {
    const chosen = tf.tensor1d([...ids], "int32");
    const scores = scored ?? scoresOf(next); // [N,V]
    const [first, second] = tf.unstack(tf.topk(scores, 2, true).indices, 1) as [tf.Tensor1D, tf.Tensor1D]; // [N] each
    const runnersUp: tf.Tensor1D = tf.where(tf.equal(first, chosen), second, first);
    const parts = [...tf.split<tf.Tensor2D>(next.logits, partsOf(next), 0), scores]; // [N,V] of base, lanes, fused
    const of = (tokens: tf.Tensor1D): tf.Tensor1D[] => parts.map((part) => logSoftmaxAt(part, tokens));
    return [tf.concat([...of(chosen), ...of(runnersUp)]), runnersUp] as const; // [2 (L + 2) N]
  });
  try {
    const [values, runnerUpIds] = await Promise.all([logProbs.data<"float32">(), others.data<"int32">()]);
    const count = ids.length;
    const read = (tokens: ArrayLike<number>, start: number): ReadToken[] =>
      Array.from(tokens, (tokenId, row) => {
        const at = (part: number): number => values[start + part * count + row]!;
        const fused = at(lanes.length + 1);
        const arms = new Array<number | null>(armCount).fill(null);
        let sum = 0;
        let counts = false;
        for (const [lane, { armOf }] of lanes.entries()) {
          const coefficient = next.coefficients[lane]![row]!;
          if (coefficient === 0) continue; // it does not count in this row, though it may in others of the batch
          counts = true;
          const arm = armOf(rows[row]!);
          if (arm !== null) arms[arm] = at(1 + lane);
          sum += coefficient * at(1 + lane);
        }
        const added = next.fusion.rule === "product" || !counts ? sum : fused;
        return { tokenId, base: at(0), arm: added, arms, fused };
      });
    return { chosen: read(ids, 0), runnersUp: read(runnerUpIds, (lanes.length + 2) * count) };
  } finally {
    tf.dispose([logProbs, others]);
  }
}

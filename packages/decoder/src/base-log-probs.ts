import { logSoftmaxAt, tf } from "@uniarm/core";
import type { GuidedLogits } from "./guided-logits.ts";

/** Log-probabilities (nats) of the rows' chosen tokens under the base model; null where it is not run. */
export async function readBaseLogProbs(
  { logits, hasBase }: GuidedLogits,
  ids: readonly number[],
): Promise<ArrayLike<number> | null> {
  if (!hasBase) return null;
  const values = tf.tidy(() =>
    logSoftmaxAt(tf.slice(logits, [0, 0], [ids.length, -1]), tf.tensor1d([...ids], "int32")),
  );
  try {
    return await values.data<"float32">();
  } finally {
    values.dispose();
  }
}

import * as tf from "../tensor/tf.ts";

/** Runs work and fails when it leaves tensors or bytes behind (or frees some that it did not make). */
export async function expectNoTensorLeak(work: () => unknown): Promise<void> {
  const before = tf.memory();
  await work();
  const after = tf.memory();
  if (after.numTensors === before.numTensors && after.numBytes === before.numBytes) return;
  throw new Error(
    `The work left ${after.numTensors - before.numTensors} tensors and ${after.numBytes - before.numBytes} bytes; expected 0 and 0.`,
  );
}

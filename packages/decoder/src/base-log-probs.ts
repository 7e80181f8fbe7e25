import { logSoftmaxAt, stateLogProbs, tf, type Transformer } from "@uniarm/core";
import type { GuidedLogits } from "./guided-logits.ts";
import { rowsAt, type GuidedStates } from "./guided-states.ts";

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

/** So many tokens are read at once: the head's weights are then read once for all of them. */
const TOKENS_AT_ONCE = 512;

/**
 * What the base model says of tokens where its logits are not made for choosing them: read for many tokens at a time, and once
 * where rows have it in common.
 */
export interface BaseLogProbs {
  /**
   * @param next of a batch whose base model is run; it stays the caller's
   * @param ids the chosen token of each row
   * @param numbers what the rows are called
   */
  add: (next: GuidedStates, ids: readonly number[], numbers: readonly number[]) => Promise<void>;
  /** Reads what is left. */
  finish: () => Promise<void>;
  dispose: () => void;
}

/** @param tell gets the log-probability (nats) of each token that was added, for each row in the order of its tokens */
export function openBaseLogProbs(model: Transformer, tell: (row: number, nats: number) => void): BaseLogProbs {
  let states: tf.Tensor2D[] = []; // [n,d] each
  let ids: number[] = []; // one for each of the states
  let readers: number[][] = [];
  const dispose = (): void => {
    tf.dispose(states);
    [states, ids, readers] = [[], [], []];
  };
  const finish = async (): Promise<void> => {
    if (ids.length === 0) return;
    const logProbs = tf.tidy(() => stateLogProbs(model, tf.concat(states, 0), Int32Array.from(ids)));
    const told = readers;
    dispose();
    try {
      const values = await logProbs.data<"float32">();
      told.forEach((rows, token) => {
        for (const row of rows) tell(row, values[token]!);
      });
    } finally {
      logProbs.dispose();
    }
  };
  return {
    add: async ({ passes, vocabulary }, chosen, numbers) => {
      const { places, states: all } = passes[0]!; // the base is its first part
      const found = new Map<number, number[]>();
      chosen.forEach((id, row) => {
        const key = places[row]! * vocabulary + id;
        const known = found.get(key);
        if (known) known.push(numbers[row]!);
        else found.set(key, [numbers[row]!]);
      });
      const keys = [...found.keys()];
      states.push(
        tf.tidy(() =>
          tf.clone(
            rowsAt(
              all,
              keys.map((key) => Math.floor(key / vocabulary)),
            ),
          ),
        ),
      );
      ids.push(...keys.map((key) => key % vocabulary));
      readers.push(...found.values());
      if (ids.length >= TOKENS_AT_ONCE) await finish();
    },
    finish,
    dispose,
  };
}

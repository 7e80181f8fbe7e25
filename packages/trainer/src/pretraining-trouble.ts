import { tf } from "@uniarm/core";
import { UniArmError, type PretrainingConfig, type RunEvent } from "@uniarm/core/schema";
import { describeRows } from "./describe-rows.ts";

/** A step of pre-training of which a number is not finite. */
export interface PretrainingTrouble {
  /** from 1 */
  step: number;
  /** which number, and what it is instead */
  what: string;
  /** of the file of texts; none where no text is to blame */
  rows: readonly number[];
}

export async function pretrainingSkip(
  config: PretrainingConfig,
  trouble: PretrainingTrouble,
  skipped: number,
): Promise<RunEvent> {
  const message = `Step ${trouble.step} was skipped (${skipped} of at most ${config.skipNotFinite}): ${trouble.what}.${await textsOf(config, trouble)}`;
  return { type: "notice", code: "step-skipped", message };
}

export async function pretrainingNotFinite(
  config: PretrainingConfig,
  trouble: PretrainingTrouble,
  skipped: number,
): Promise<UniArmError> {
  const { step, what } = trouble;
  const before = skipped > 0 ? ` ${skipped} such steps were skipped before (skipNotFinite).` : "";
  return new UniArmError(
    "training-not-finite",
    `Pre-training stopped at step ${step} of ${config.steps}: ${what}.${await textsOf(config, trouble)}${before} Nothing was written. ` +
      `Start again with a lower optimizer.learningRate (it is ${config.optimizer.learningRate}), ` +
      "or let single steps of that kind be left out with skipNotFinite.",
  );
}

/** Whether every value of every variable is a number; the engine looks at them. */
export async function areAllFinite(variables: Readonly<Record<string, tf.Variable>>): Promise<boolean> {
  for (const variable of Object.values(variables))
    if (!Number.isFinite(await valueOf(() => tf.sum<tf.Scalar>(tf.mul(variable, 0))))) return false; // 0 times infinity is no number
  return true;
}

export async function valueOf(scalar: () => tf.Scalar): Promise<number> {
  const tensor = tf.tidy(scalar);
  try {
    return (await tensor.data())[0]!;
  } finally {
    tensor.dispose();
  }
}

const textsOf = async ({ texts }: PretrainingConfig, { rows }: PretrainingTrouble): Promise<string> =>
  rows.length > 0 ? ` Its texts: ${await describeRows(texts, rows)}.` : "";

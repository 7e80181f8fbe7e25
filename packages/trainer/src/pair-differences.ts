import { tf, type Transformer } from "@uniarm/core";
import { dot } from "./dot.ts";
import type { Arm } from "./arms.ts";
import { pairRows, type Example } from "./examples.ts";
import { pairLogProbs } from "./pair-objective.ts";

/** D = L(response 0) - L(response 1) of B pairs. */
export interface PairDifferences {
  /** [K][B]: D in the loss of each objective */
  differences: readonly ArrayLike<number>[];
  /** [B]: D of all ARMs together; separate ARMs add up in proportion to the preference */
  mixed: ArrayLike<number>;
}

/** The differences of a batch of pairs at any preference; what does not depend on the preference is computed once. */
export async function pairDifferences(
  model: Transformer,
  arms: readonly Arm[],
  batch: readonly Example[],
  padTokenId: number,
): Promise<(preference: readonly number[]) => Promise<PairDifferences>> {
  const tokens = pairRows(batch, padTokenId);
  const differences = async (arm: Arm, preference: readonly number[]): Promise<ArrayLike<number>> => {
    const difference = tf.tidy(() => {
      const sums = pairLogProbs(
        model,
        arm.adapter,
        tokens,
        batch.map(() => preference),
      ); // [2B]
      return tf.sub(tf.slice(sums, [0], [batch.length]), tf.slice(sums, [batch.length], [batch.length]));
    });
    const values = await difference.data();
    difference.dispose();
    return values;
  };
  const [shared] = arms;
  if (shared?.objective === null) {
    return async (preference) => {
      const mixed = await differences(shared, preference);
      return { differences: preference.map(() => mixed), mixed };
    };
  }
  const separate: ArrayLike<number>[] = [];
  for (const arm of arms) separate.push(await differences(arm, [1]));
  return (preference) =>
    Promise.resolve({
      differences: separate,
      mixed: batch.map((_, row) =>
        dot(
          preference,
          separate.map((values) => values[row]!),
        ),
      ),
    });
}

import { UniArmError, type Score } from "@uniarm/core/schema";

/**
 * Scores (or answers) of the unguided base model (preference null) as a front: the same answers at every preference. Under the protocol of
 * the steered models, its hypervolume is that of one point, its mean inner product that of ignoring the preference.
 * @throws UniArmError scores-guided when a score has a preference
 */
export function constantFront<Row extends Pick<Score, "promptId" | "preference">>(
  scores: readonly Row[],
  preferences: readonly (readonly number[])[],
): Row[] {
  const guided = scores.find(({ preference }) => preference !== null);
  if (guided) {
    throw new UniArmError(
      "scores-guided",
      `The score of prompt "${guided.promptId}" has preference [${guided.preference?.join(", ")}]; a constant front is made of ` +
        "unguided scores (preference null). Evaluate guided scores directly.",
    );
  }
  return preferences.flatMap((preference) => scores.map((score) => ({ ...score, preference: [...preference] })));
}

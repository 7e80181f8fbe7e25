import type { Transformer } from "@uniarm/core";
import type { Arm } from "./arms.ts";
import type { Example } from "./examples.ts";
import { isAllFinite } from "./is-all-finite.ts";
import type { LossSettings } from "./loss-settings.ts";
import { openPairs } from "./pair-differences.ts";

/**
 * Of the pairs that went into a number that is none, those whose own log-probabilities are not finite; all of them where that
 * is so of none. Each is computed by itself: in a batch, one that is no number spoils the sums of the others.
 * @param preferenceOf what the ARMs are shown for an example, by its place
 */
export async function toBlame(
  about: { model: Transformer; arms: readonly Arm[]; padTokenId: number; settings: LossSettings },
  examples: readonly Example[],
  preferenceOf: (place: number) => readonly number[],
): Promise<readonly Example[]> {
  if (examples.length < 2) return examples;
  const bad: Example[] = [];
  for (const [place, example] of examples.entries()) {
    const pairs = await openPairs(about, [example]);
    try {
      // each of the policies for single preferences may be the one
      const own = about.arms.flatMap(({ weights }) => (weights ? [weights] : []));
      for (const preference of own.length > 0 ? own : [preferenceOf(place)]) {
        const { differences } = await pairs.at(preference);
        if (differences.every(isAllFinite)) continue;
        bad.push(example);
        break;
      }
    } finally {
      pairs.dispose();
    }
  }
  return bad.length > 0 ? bad : examples;
}

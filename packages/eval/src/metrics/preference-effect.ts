import type { Random } from "@uniarm/core";
import type { FrontMetrics, Normaliser } from "@uniarm/core/schema";
import type { RewardTable } from "../reward-table.ts";

/**
 * Whether the preference does anything: the gain, mean over prompts and preferences of (a - mean a) . z(prompt, a) in normalised
 * reward (larger is better), is what a method has over itself with the preferences permuted within each prompt, whose mean gain is
 * 0. p is two-sided, (1 + as far) / (1 + permutations): a small one with a negative gain says that it is steered the wrong way.
 */
export function preferenceEffect(
  { preferences, promptIds, objectiveCount, rewards }: RewardTable,
  { nadir, ideal }: Normaliser,
  { permutations, random }: { permutations: number; random: Random },
): FrontMetrics["preferenceEffect"] {
  const [count, prompts] = [preferences.length, promptIds.length];
  if (count < 2) {
    const none = { value: null, reason: "There is one preference: nothing can follow it." } as const;
    return { gain: none, pValue: none };
  }
  const centre = preferences[0]!.map((_, k) => preferences.reduce((sum, one) => sum + one[k]!, 0) / count);
  const centred = preferences.map((preference) => preference.map((entry, k) => entry - centre[k]!));
  const shares = Float64Array.from(rewards, (reward, place) => {
    const k = place % objectiveCount;
    return (reward - nadir[k]!) / (ideal[k]! - nadir[k]!) / (prompts * count);
  }); // [W,P,K]: normalised rewards as shares of the mean over prompts and preferences
  const worth = (prompt: number, w: number, v: number): number => {
    const start = (w * prompts + prompt) * objectiveCount;
    let sum = 0;
    for (let k = 0; k < objectiveCount; k++) sum += centred[v]![k]! * shares[start + k]!;
    return sum;
  }; // what a prompt's answer at w is worth at preference v
  const order = Int32Array.from({ length: count }, (_, w) => w);
  let gain = 0;
  let size = 0;
  for (let prompt = 0; prompt < prompts; prompt++)
    for (let w = 0; w < count; w++) {
      gain += worth(prompt, w, w);
      size += Math.abs(worth(prompt, w, w));
    }
  if (permutations === 0)
    return {
      gain: { value: gain },
      pValue: { value: null, reason: "No permutations were asked for (permutations: 0)." },
    };
  let asFar = 0;
  for (let permutation = 0; permutation < permutations; permutation++) {
    let sum = 0;
    for (let prompt = 0; prompt < prompts; prompt++)
      for (let w = count - 1; w >= 0; w--) {
        const other = random.integer(w + 1); // Fisher-Yates, taking each place as it is settled
        const drawn = order[other]!;
        order[other] = order[w]!;
        order[w] = drawn;
        sum += worth(prompt, w, drawn);
      }
    if (Math.abs(sum) >= Math.abs(gain) - 1e-12 * size) asFar += 1; // sums in another order differ by rounding
  }
  return { gain: { value: gain }, pValue: { value: (1 + asFar) / (1 + permutations) } };
}

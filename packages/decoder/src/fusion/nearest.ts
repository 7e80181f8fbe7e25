import type { CheckpointManifest } from "@uniarm/core/schema";

/** The policy whose weights are nearest to the preference (Euclidean); of equally near ones the first. */
export function nearestPolicy(preference: readonly number[], { armWeights }: CheckpointManifest): number {
  const distances = armWeights!.map((weights) =>
    weights.reduce((sum, entry, index) => sum + (entry - preference[index]!) ** 2, 0),
  );
  // steps of a tenth are not equal in float64 where they are on paper
  return distances.findIndex((distance) => distance <= Math.min(...distances) + 1e-12);
}

/** Which policy answers each preference, in a sentence; null when all have their own. */
export function nearestNotice(
  preferences: readonly (readonly number[])[],
  manifest: CheckpointManifest,
): string | null {
  const text = (entries: readonly number[]): string => `[${entries.join(", ")}]`;
  const others = preferences.flatMap((preference) => {
    const weights = text(manifest.armWeights![nearestPolicy(preference, manifest)]!);
    return weights === text(preference) ? [] : [`${text(preference)} by that of ${weights}`];
  });
  return others.length === 0 ? null : `No policy was tuned for some preferences: ${others.join(", ")} is the nearest.`;
}

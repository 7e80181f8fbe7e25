import { z } from "zod";
import { UniArmError } from "./error.ts";

/** Far more than the rounding of a float32 sum of a few entries. */
export const SIMPLEX_TOLERANCE = 1e-6;

/** How much each objective counts: one entry per objective, in the order of the objective list, none negative, sum 1. */
export const PreferenceVector = z
  .array(z.number())
  .min(1)
  .superRefine((entries, context) => {
    const negative = entries.find((entry) => entry < 0);
    if (negative !== undefined) {
      context.addIssue({
        code: "custom",
        message: `preference [${entries.join(", ")}] has the negative entry ${negative}; every entry must be 0 or more`,
      });
      return;
    }
    const sum = entries.reduce((total, entry) => total + entry, 0);
    if (!(Math.abs(sum - 1) <= SIMPLEX_TOLERANCE)) {
      context.addIssue({
        code: "custom",
        message: `preference [${entries.join(", ")}] sums to ${sum}; the entries must sum to 1`,
      });
    }
  })
  .brand<"PreferenceVector">();
export type PreferenceVector = z.infer<typeof PreferenceVector>;

/**
 * Parses one preference vector.
 * @throws UniArmError preference-invalid when an entry is negative, the sum is not 1, or the length is not `objectiveCount`.
 */
export function parsePreference(entries: readonly number[], objectiveCount?: number): PreferenceVector {
  const parsed = PreferenceVector.safeParse([...entries]);
  if (!parsed.success) {
    throw new UniArmError("preference-invalid", `${parsed.error.issues[0]?.message ?? "not a preference"}.`);
  }
  if (objectiveCount !== undefined && parsed.data.length !== objectiveCount) {
    throw new UniArmError(
      "preference-invalid",
      `preference [${entries.join(", ")}] has ${entries.length} entries; this run has ${objectiveCount} objectives, so it needs ${objectiveCount}.`,
    );
  }
  return parsed.data;
}

/**
 * All preference vectors whose entries are multiples of 1/divisions, in ascending order of the first entry
 * (two objectives, 10 divisions: (0,1), (.1,.9) ... (1,0); three objectives, 5 divisions: 21 vectors).
 */
export function preferenceGrid(objectiveCount: number, divisions: number): PreferenceVector[] {
  const counts = (objectives: number, left: number): number[][] =>
    objectives === 1
      ? [[left]]
      : Array.from({ length: left + 1 }, (_, first) =>
          counts(objectives - 1, left - first).map((rest) => [first, ...rest]),
        ).flat();
  return counts(objectiveCount, divisions).map((row) =>
    parsePreference(
      row.map((count) => count / divisions),
      objectiveCount,
    ),
  );
}

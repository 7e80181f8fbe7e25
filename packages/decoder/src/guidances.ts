import { hasArmPerObjective, parsePreference, UniArmError, type CheckpointManifest } from "@uniarm/core/schema";
import type { Guidance } from "./rows.ts";

/** The part of a config that says how much each objective counts. */
export interface RequestedGuidance {
  preferences?: readonly (readonly number[])[] | undefined;
  coefficients?: readonly (readonly number[])[] | undefined;
  strength: number;
}

/**
 * How much each ARM of the checkpoint counts at each preference vector; without a checkpoint, the one unguided entry.
 * A single ARM sees the preference itself and counts by `strength`; an ARM per objective (GenARM) counts by
 * strength * preference, or by free coefficients.
 * @throws UniArmError preference-invalid, preferences-duplicate, coefficients-without-effect, coefficients-length
 */
export function guidancesOf(requested: RequestedGuidance, manifest: CheckpointManifest | null): Guidance[] {
  const { coefficients, strength } = requested;
  if (coefficients && !(manifest && hasArmPerObjective(manifest.method))) {
    const found = manifest ? `this checkpoint was trained with ${manifest.method}` : "this run has no checkpoint";
    throw new UniArmError(
      "coefficients-without-effect",
      `Coefficients weigh the ARMs of a method that has one for each objective, but ${found}. Leave out the coefficients${manifest ? " and set the strength" : ""}.`,
    );
  }
  if (!manifest) return [{ preference: null, coefficients: [] }];
  if (coefficients && strength !== 1) {
    throw new UniArmError(
      "coefficients-without-effect",
      `Strength ${strength} and coefficients were both given; coefficients are used as they are. Multiply them by ${strength} and leave out the strength.`,
    );
  }
  const objectiveCount = manifest.objectives.length;
  const preferences = (requested.preferences ?? []).map((entries) => parsePreference(entries, objectiveCount));
  checkDistinct(preferences);
  return preferences.map((preference, row) => ({
    preference,
    coefficients: hasArmPerObjective(manifest.method)
      ? checkedCoefficients(coefficients?.[row] ?? preference.map((entry) => strength * entry), row, manifest)
      : [strength],
  }));
}

function checkedCoefficients(
  entries: readonly number[],
  row: number,
  { objectives }: CheckpointManifest,
): readonly number[] {
  if (entries.length === objectives.length) return entries;
  const names = objectives.map(({ name }) => name).join(", ");
  throw new UniArmError(
    "coefficients-length",
    `Row ${row + 1} of the coefficients has ${entries.length} entries; the checkpoint has ${objectives.length} ARMs, in the order [${names}].`,
  );
}

function checkDistinct(preferences: readonly (readonly number[])[]): void {
  const seen = new Set<string>();
  for (const preference of preferences) {
    const key = JSON.stringify(preference);
    if (seen.has(key)) {
      throw new UniArmError(
        "preferences-duplicate",
        `Preference [${preference.join(", ")}] is given twice. Give each preference once; samplesPerPrompt makes several responses to one.`,
      );
    }
    seen.add(key);
  }
}

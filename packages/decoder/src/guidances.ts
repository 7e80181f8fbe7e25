import {
  hasArmPerObjective,
  parsePreference,
  UniArmError,
  type CheckpointManifest,
  type Fusion,
} from "@uniarm/core/schema";
import { nearestPolicy } from "./fusion/nearest.ts";
import type { Guidance } from "./rows.ts";

/** The part of a config that says how much each objective counts. */
export interface RequestedGuidance {
  preferences?: readonly (readonly number[])[] | undefined;
  coefficients?: readonly (readonly number[])[] | undefined;
  strength: number;
}

/**
 * How much each adapter of the checkpoint counts at each preference vector; without a checkpoint, the one unguided entry.
 * In a product a single ARM sees the preference itself and counts by `strength`, and an ARM per objective (GenARM) counts by
 * strength * preference, or by free coefficients. Without the base model they are weighed by the preference (mod, soup, arm), or one counts alone.
 * @throws UniArmError preference-invalid, preferences-duplicate, coefficients-without-effect, coefficients-length,
 * strength-without-effect, arm-weights-missing, arm-weights-length
 */
export function guidancesOf(
  requested: RequestedGuidance,
  manifest: CheckpointManifest | null,
  fusion: Fusion,
): Guidance[] {
  checkEffect(requested, manifest, fusion);
  if (!manifest) return [{ preference: null, coefficients: [] }];
  const { coefficients, strength } = requested;
  const objectiveCount = manifest.objectives.length;
  const preferences = (requested.preferences ?? []).map((entries) => parsePreference(entries, objectiveCount));
  checkDistinct(preferences);
  return preferences.map((preference, row): Guidance => {
    const guidance = guidanceAt(preference, strength, manifest, fusion);
    const own = coefficients?.[row];
    return own ? { preference, coefficients: checkedCoefficients(own, row, manifest) } : guidance;
  });
}

/** How much each adapter counts at one preference vector; nothing is checked. */
export function guidanceAt(
  preference: readonly number[],
  strength: number,
  manifest: CheckpointManifest,
  { rule }: Fusion,
): Guidance {
  const of = (coefficients: readonly number[]): Guidance => ({ preference, coefficients });
  if (rule === "mod" || rule === "soup") return of(preference);
  if (rule === "policy") return of([1]);
  if (rule === "arm") return of(hasArmPerObjective(manifest.method) ? preference : [1]);
  if (rule === "nearest") {
    const nearest = nearestPolicy(preference, manifest);
    return of(manifest.armWeights!.map((_, arm) => (arm === nearest ? 1 : 0)));
  }
  return of(hasArmPerObjective(manifest.method) ? preference.map((entry) => strength * entry) : [strength]);
}

function checkEffect(
  { coefficients, strength }: RequestedGuidance,
  manifest: CheckpointManifest | null,
  { rule }: Fusion,
): void {
  const policies = rule !== "product";
  if (coefficients && !(manifest && !policies && hasArmPerObjective(manifest.method))) {
    const found = manifest ? `this checkpoint was trained with ${manifest.method}` : "this run has no checkpoint";
    throw new UniArmError(
      "coefficients-without-effect",
      `Coefficients weigh the ARMs of a method that has one for each objective, but ${found}. Leave out the coefficients${manifest && !policies ? " and set the strength" : ""}.`,
    );
  }
  if (policies && strength !== 1) {
    throw new UniArmError(
      "strength-without-effect",
      `Strength ${strength} was given, but fusion ${rule} has none: what was trained answers, and nothing is multiplied with the base model. Leave out the strength.`,
    );
  }
  if (coefficients && strength !== 1) {
    throw new UniArmError(
      "coefficients-without-effect",
      `Strength ${strength} and coefficients were both given; coefficients are used as they are. Multiply them by ${strength} and leave out the strength.`,
    );
  }
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

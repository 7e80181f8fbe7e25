import type { Adapter, Checkpoint } from "@uniarm/core";
import { hasArmPerObjective, PreferenceVector, UniArmError } from "@uniarm/core/schema";
import { parseConfig } from "../schema-options.ts";

/**
 * The one ARM that a checkpoint is exported as: of an objective, or merged at a preference.
 * @throws UniArmError preference-needed, objective-needed
 */
export function armToExport(
  { manifest, arms }: Checkpoint,
  { preference, objective }: { preference?: string; objective?: string },
): { adapter: Adapter; preference: number[] } {
  const names = manifest.objectives.map(({ name }) => name);
  if (hasArmPerObjective(manifest.method)) {
    const arm = arms[names.indexOf(objective ?? "")];
    if (arm && preference === undefined) return { adapter: arm, preference: [] };
    throw new UniArmError(
      "objective-needed",
      `A ${manifest.method} checkpoint has an ARM for each objective and merges at no preference. Name one of them: --objective ${names.join(" or --objective ")}.`,
    );
  }
  if (preference === undefined || objective !== undefined) {
    throw new UniArmError(
      "preference-needed",
      `A ${manifest.method} checkpoint is merged at one preference, in the order [${names.join(", ")}]: --preference ${names.map(() => (1 / names.length).toFixed(2)).join(",")}.`,
    );
  }
  const parsed = parseConfig(PreferenceVector, preference.split(",").map(Number));
  return { adapter: arms[0]!, preference: [...parsed] };
}

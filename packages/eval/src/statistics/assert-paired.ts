import { UniArmError } from "@uniarm/core/schema";
import type { RewardTable } from "../reward-table.ts";

const ROUNDED_TO = 12; // .1 + .2 and .3 are the same preference

/**
 * Refuses two tables that do not have the same preferences, prompts and strata, saying which differ.
 * @throws UniArmError fronts-not-comparable
 */
export function assertPaired(
  [one, other]: readonly [RewardTable, RewardTable],
  names?: readonly [string, string],
): void {
  const parts: Record<string, (table: RewardTable) => unknown> = {
    preferences: ({ preferences }) => preferences.map((row) => row.map((entry) => Number(entry.toFixed(ROUNDED_TO)))),
    prompts: ({ promptIds }) => promptIds,
    strata: ({ strata }) => strata,
  };
  const differing = Object.keys(parts).filter(
    (part) => JSON.stringify(parts[part]!(one)) !== JSON.stringify(parts[part]!(other)),
  );
  if (differing.length === 0) return;
  const count = ({ preferences, promptIds }: RewardTable): string =>
    `${preferences.length} preferences x ${promptIds.length} prompts`;
  const subject = names ? `"${names[0]}" and "${names[1]}"` : "The two sets of scores";
  throw new UniArmError(
    "fronts-not-comparable",
    `${subject} (${count(one)}; ${count(other)}) do not have the same preferences, prompts and strata: they differ in ${differing.join(", ")}. ` +
      "A paired difference needs that. Decode both methods with the same prompts and preferences.",
  );
}

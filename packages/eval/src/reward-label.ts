import type { Objective } from "@uniarm/core/schema";

/** The heading of an objective's rewards: minimised ones were negated when they were read. */
export function rewardLabel({ name, direction }: Objective): string {
  return direction === "minimize" ? `-${name}` : name;
}

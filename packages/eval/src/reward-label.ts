import type { Objective } from "@uniarm/core/schema";

/** How an objective's rewards are headed: minimised ones were negated when they were scored. */
export function rewardLabel({ name, direction }: Objective): string {
  return direction === "minimize" ? `-${name}` : name;
}

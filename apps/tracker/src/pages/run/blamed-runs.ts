import type { Run } from "../../api/types.ts";

/** A run on whose account another one failed, or cannot begin. */
export interface BlamedRun {
  id: string;
  name: string;
  state: string;
  reason: string;
}

/** Of a parent the runs inside that failed, also while others go on; of a run that was given up, the runs that it reads. */
export function blamedRuns({ state, children, dependsOn }: Pick<Run, "state" | "children" | "dependsOn">): BlamedRun[] {
  const failed = children.filter((child) => child.state === "FAILED");
  if (failed.length > 0 || state !== "CANCELLED") return failed;
  const read = dependsOn.map(({ producerId, producer }) => ({ id: producerId, ...producer }));
  const unmade = read.filter((run) => run.state === "FAILED" || run.state === "CANCELLED");
  return [...new Map(unmade.map((run) => [run.id, run])).values()];
}

import { readConfig, type JobNode, type LaunchKind } from "@uniarm/pipeline/schema";

/** The jobs of a launch, of a sweep those of its first run; null: its config does not fit. */
export function jobsOf(kind: LaunchKind, config: unknown): JobNode[] | null {
  const read = readConfig(kind, config);
  if (!("nodes" in read)) return null;
  const [first] = read.children;
  return first ? jobsOf(first.kind, first.config) : read.nodes;
}

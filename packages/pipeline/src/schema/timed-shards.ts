import { UniArmError } from "@uniarm/core/schema";
import type { JobNode } from "./graph.ts";
import { MOST_SHARDS, StudyConfig } from "./study.ts";

/** How long a job is likely to take; null: nothing is known. */
type SecondsOf = (job: string) => number | null;

/** Whether a study leaves it to the launch in how many parts it decodes. */
export const hasTimedShards = (config: unknown): config is Record<string, unknown> & { shardMinutes: unknown } =>
  typeof config === "object" && config !== null && (config as { shardMinutes?: unknown }).shardMinutes !== undefined;

/**
 * Parts of each decoding, so that none is likely to take longer than `shardMinutes`; of one that nothing is known of, one.
 * @param nodes the graph without parts
 */
export function timedShards(given: unknown, nodes: readonly JobNode[], secondsOf: SecondsOf): Record<string, number> {
  const { shardMinutes, task } = StudyConfig.parse(given);
  if (shardMinutes === undefined) throw new UniArmError("shards-not-timed", "The study does not set shardMinutes.");
  const most = task.type === "tiny-world" ? Math.min(MOST_SHARDS, task.testPrompts) : MOST_SHARDS;
  const decodings = nodes.filter(({ kind }) => kind === "decode");
  return Object.fromEntries(
    decodings.map(({ name }) => {
      const parts = Math.ceil((secondsOf(name) ?? 0) / (60 * shardMinutes));
      return [name.replace(/\/decode$/, ""), Math.max(1, Math.min(most, parts))];
    }),
  );
}

/** The study with as many parts as were counted, in place of the time that each may take. */
export function withShards(given: Record<string, unknown>, decodeShardsOf: Record<string, number>): object {
  const { shardMinutes: _, ...rest } = given;
  return { ...rest, decodeShardsOf };
}

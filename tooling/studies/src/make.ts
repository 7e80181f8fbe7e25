import { existsSync } from "node:fs";
import { join } from "node:path";
import { runGraph } from "@uniarm/pipeline";
import type { JobNode } from "@uniarm/pipeline/schema";

/** Does the work of some nodes -> whether it came to its end. */
export async function make(nodes: readonly JobNode[], folder: string, signal: AbortSignal): Promise<boolean> {
  const events = runGraph(nodes, { folder, signal });
  for (;;) {
    const next = await events.next();
    if (next.done) return next.value === "finished";
  }
}

/** The same for nodes of which the last one is a training -> seconds of a processor, null where it was interrupted before; null when stopped. */
export async function makeTraining(
  nodes: readonly JobNode[],
  folder: string,
  signal: AbortSignal,
): Promise<{ cpuSeconds: number | null } | null> {
  const isFresh = !existsSync(join(folder, nodes.at(-1)!.name));
  const before = process.cpuUsage();
  if (!(await make(nodes, folder, signal))) return null;
  const { user, system } = process.cpuUsage(before);
  return { cpuSeconds: isFresh ? Math.round((user + system) / 1e6) : null };
}

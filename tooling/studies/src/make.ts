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

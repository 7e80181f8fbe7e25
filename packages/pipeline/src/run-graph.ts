import type { JobNode } from "./schema/graph.ts";
import { runNodes, type GraphEvent, type RunGraphOptions } from "./run-nodes.ts";
import { STAGES } from "./stages/index.ts";

/** As `runNodes`, with every stage there is. */
export function runGraph(
  nodes: readonly JobNode[],
  options: RunGraphOptions,
): AsyncGenerator<GraphEvent, "finished" | "stopped"> {
  return runNodes(nodes, STAGES, options);
}

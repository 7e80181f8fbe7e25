import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { UniArmError } from "@uniarm/core/schema";
import { filesRead, readRecord, writeRecord, type NodeRecord } from "./node-record.ts";
import { resolveReferences, type Places } from "./resolve.ts";
import type { JobNode } from "./schema/graph.ts";
import type { WorkKind } from "./schema/kinds.ts";
import type { Artifact, Stage, StageContext, StageEnd, StageEvent } from "./stages/stage.ts";

/** An event of a node of the graph; `done-before` where an earlier run left its outputs. */
export interface GraphEvent {
  node: JobNode;
  event: StageEvent | { type: "done-before" };
}

export interface RunGraphOptions {
  /** holds everything that the graph makes */
  folder: string;
  signal: AbortSignal;
  /** where a node puts a file, below the folder; "" is the node's own folder. Default: NODE/FILE */
  layout?: (node: string, file: string) => string;
}

/** Stages by their kind, loaded when one is asked for. */
export type StagesByKind = Partial<Record<WorkKind, () => Promise<Stage>>>;

const inFolderOfNode = (node: string, file: string): string => join(node, file);

/**
 * Does the work of a graph in this process with the stages that are given, node after node. A node that has ended is not run
 * again, one that was cut off continues from what it left. Resolves to "stopped" when the signal was aborted.
 * @throws UniArmError as the stages do; reference-remote for what only a server has; input-changed, stage-record-invalid
 */
export async function* runNodes(
  nodes: readonly JobNode[],
  stages: StagesByKind,
  { folder, signal, layout = inFolderOfNode }: RunGraphOptions,
): AsyncGenerator<GraphEvent, "finished" | "stopped"> {
  const made = new Map<string, NodeRecord["outputs"]>();
  for (const node of nodes) {
    const before = await readRecord(folder, node);
    if (before) {
      made.set(node.name, before.outputs);
      yield { node, event: { type: "done-before" } };
      continue;
    }
    const config = resolveReferences(node.kind, node.config, placesFor(node, folder, made));
    const read = await filesRead(node);
    const isFresh = !existsSync(join(folder, layout(node.name, "")));
    const began = performance.now();
    const outputs: NodeRecord["outputs"] = {};
    let end: StageEnd["end"] | null = null;
    for await (const event of await started(stages, node, config, contextOf(node, folder, layout, signal))) {
      if (event.type === "artifact") outputs[event.name] = relativeFiles(folder, event.files);
      if (event.type === "ended") end = event.end;
      yield { node, event };
    }
    if (end !== "SUCCEEDED") return "stopped";
    const seconds = Number(((performance.now() - began) / 1000).toFixed(1));
    await writeRecord(folder, node, { read, outputs, ...(isFresh ? { seconds } : {}) });
    made.set(node.name, outputs);
  }
  return "finished";
}

async function started(
  stages: StagesByKind,
  { kind }: JobNode,
  config: unknown,
  context: StageContext,
): Promise<AsyncGenerator<StageEvent>> {
  const load = stages[kind];
  if (!load)
    throw new UniArmError(
      "kind-not-local",
      `A ${kind} run needs a server. Launch it there: uniarm launch FILE --kind ${kind}`,
    );
  await mkdir(context.folder, { recursive: true });
  return (await load())(config, context);
}

function contextOf(
  { name }: JobNode,
  folder: string,
  layout: NonNullable<RunGraphOptions["layout"]>,
  signal: AbortSignal,
): StageContext {
  return { signal, folder: join(folder, layout(name, "")), place: (file) => join(folder, layout(name, file)) };
}

function placesFor(node: JobNode, folder: string, made: ReadonlyMap<string, NodeRecord["outputs"]>): Places {
  const remote = (what: string): never => {
    throw new UniArmError(
      "reference-remote",
      `${node.name} reads ${what}, which only a server has. Write the path of a file or folder here, or launch the study there: uniarm launch FILE`,
    );
  };
  return {
    origin: process.cwd(),
    input: (name) =>
      (node.inputs[name] ?? []).map(({ node: producer, output }) => placeOf(folder, made.get(producer)![output]!)),
    dataset: (name) => remote(`dataset:${name}`),
    checkpoint: (id) => remote(`checkpoint:${id}`),
  };
}

/** An artifact of one file is that file, of several their folder. */
function placeOf(folder: string, files: Record<string, string>): string {
  const [[name, path] = ["", ""], ...others] = Object.entries(files);
  const file = resolve(folder, path);
  return others.length === 0 ? file : file.slice(0, -name.length - 1);
}

const relativeFiles = (folder: string, files: Artifact["files"]): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([name, path]) => [name, relative(folder, path)]));

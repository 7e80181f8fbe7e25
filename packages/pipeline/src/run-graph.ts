import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { writeFileAtomically } from "@uniarm/core";
import { UniArmError } from "@uniarm/core/schema";
import { z } from "zod";
import { resolveReferences } from "./resolve.ts";
import type { JobNode } from "./schema/graph.ts";
import { isStage, STAGES } from "./stages/index.ts";
import type { Artifact, StageContext, StageEvent } from "./stages/stage.ts";

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

const inFolderOfNode = (node: string, file: string): string => join(node, file);

/** What a node put out; paths are relative to the graph's folder, so that it can be moved. */
const Outputs = z.record(z.string(), z.record(z.string(), z.string()));
type Outputs = z.infer<typeof Outputs>;

/**
 * Does the work of a graph in this process, node after node. A node that has ended is not done again, one that was cut off
 * goes on from what it left. Resolves to "stopped" when the signal was aborted.
 * @throws UniArmError as the stages do; reference-remote for what only a server has
 */
export async function* runGraph(
  nodes: readonly JobNode[],
  { folder, signal, layout = inFolderOfNode }: RunGraphOptions,
): AsyncGenerator<GraphEvent, "finished" | "stopped"> {
  const made = new Map<string, Outputs>();
  for (const node of nodes) {
    const before = await readOutputs(folder, node);
    if (before) {
      made.set(node.name, before);
      yield { node, event: { type: "done-before" } };
      continue;
    }
    const config = resolveReferences(node.kind, node.config, placesFor(node, folder, made));
    const outputs: Outputs = {};
    let end: "SUCCEEDED" | "STOPPED" | null = null;
    for await (const event of await stageOf(node, config, contextOf(node, folder, layout, signal))) {
      if (event.type === "artifact") outputs[event.name] = relativeFiles(folder, event.files);
      if (event.type === "ended") end = event.end;
      yield { node, event };
    }
    if (end !== "SUCCEEDED") return "stopped";
    await writeOutputs(folder, node, outputs);
    made.set(node.name, outputs);
  }
  return "finished";
}

async function stageOf({ kind }: JobNode, config: unknown, context: StageContext): Promise<AsyncGenerator<StageEvent>> {
  if (!isStage(kind))
    throw new UniArmError(
      "kind-not-local",
      `A ${kind} run needs a server. Launch it there: uniarm launch FILE --kind ${kind}`,
    );
  await mkdir(context.folder, { recursive: true });
  return (await STAGES[kind]())(config, context);
}

function contextOf(
  { name }: JobNode,
  folder: string,
  layout: NonNullable<RunGraphOptions["layout"]>,
  signal: AbortSignal,
): StageContext {
  return { signal, folder: join(folder, layout(name, "")), place: (file) => join(folder, layout(name, file)) };
}

function placesFor(
  node: JobNode,
  folder: string,
  made: ReadonlyMap<string, Outputs>,
): Parameters<typeof resolveReferences>[2] {
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

const recordOf = (folder: string, { name }: JobNode): string => join(folder, "stages", `${name}.json`);

/** What an earlier run of the node put out, where all of it is still there. @throws UniArmError stage-record-invalid */
async function readOutputs(folder: string, node: JobNode): Promise<Outputs | null> {
  const path = recordOf(folder, node);
  if (!existsSync(path)) return null;
  const parsed = Outputs.safeParse(
    await readFile(path, "utf8")
      .then(JSON.parse)
      .catch(() => null),
  );
  if (!parsed.success)
    throw new UniArmError(
      "stage-record-invalid",
      `${path} does not say what ${node.name} put out. Delete it: ${node.name} is then done again.`,
    );
  const files = Object.values(parsed.data).flatMap((outputs) => Object.values(outputs));
  return files.every((file) => existsSync(join(folder, file))) ? parsed.data : null;
}

async function writeOutputs(folder: string, node: JobNode, outputs: Outputs): Promise<void> {
  const path = recordOf(folder, node);
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomically(path, `${JSON.stringify(outputs, null, 2)}\n`);
}

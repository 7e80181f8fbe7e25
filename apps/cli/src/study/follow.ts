import type { GraphEvent } from "@uniarm/pipeline";
import { frontLine } from "../front-line.ts";
import type { Progress } from "../progress.ts";
import { trainingNote } from "../training-note.ts";

export interface Follower {
  progress: Progress;
  json: boolean;
  /** what the work of a node is called on the terminal; default: its name */
  label?: (node: string) => string;
  onEvent?: (event: GraphEvent) => void;
}

/**
 * Shows what a graph does until it ends: a bar a node on the terminal, or with `json` each event with its node as a line on
 * standard output.
 */
export async function followGraph(
  events: AsyncGenerator<GraphEvent, "finished" | "stopped">,
  { progress, json, label = (node) => node, onEvent }: Follower,
): Promise<"finished" | "stopped"> {
  let note = trainingNote();
  for (;;) {
    const next = await events.next();
    if (next.done) return next.value;
    const { node, event } = next.value;
    onEvent?.(next.value);
    if (json) process.stdout.write(`${JSON.stringify({ node: node.name, ...event })}\n`);
    if (event.type !== "done-before") note.see(event);
    if (event.type === "progress") {
      const beside = event.unit === "steps" ? note.text() : "";
      progress.update(label(node.name), event.done, event.total, event.unit, beside);
    }
    if (event.type === "report" && node.kind === "train") progress.line(frontLine(event.name, event.report));
    if (event.type === "notice") progress.line(event.message); // how to continue is the driver's to say, not the stage's
    if (event.type === "done-before") progress.line(`${label(node.name)} was done before`);
    if (event.type === "ended") {
      progress.close();
      note = trainingNote();
    }
  }
}

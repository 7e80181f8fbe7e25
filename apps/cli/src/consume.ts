import type { RunEvent } from "@uniarm/core/schema";
import type { NamedReport } from "@uniarm/pipeline";
import { frontLine } from "./front-line.ts";
import type { Progress } from "./progress.ts";
import { trainingNote, type TrainingNote } from "./training-note.ts";

/** What a package yields, and fronts under their names. */
export type ShownEvent = RunEvent | NamedReport;

/** How events are shown; `label` replaces the package's own word for the phase. */
export interface Consumer {
  progress: Progress;
  json: boolean;
  label?: string;
  onEvent?: (event: ShownEvent) => void;
}

/** Shows the events of a run as they come and returns the last one. With `json`, each event is a line on standard output. */
export async function consume(
  events: AsyncIterable<ShownEvent>,
  { progress, json, label, onEvent }: Consumer,
): Promise<ShownEvent | null> {
  let last: ShownEvent | null = null;
  const note = trainingNote();
  for await (const event of events) {
    last = event;
    onEvent?.(event);
    if (json) process.stdout.write(`${JSON.stringify(event)}\n`);
    else show(event, progress, note, label);
  }
  progress.close();
  return last;
}

function show(event: ShownEvent, progress: Progress, note: TrainingNote, label?: string): void {
  note.see(event);
  if (event.type === "progress") {
    const beside = event.unit === "steps" ? note.text() : "";
    progress.update(label ?? event.phase, event.done, event.total, event.unit, beside);
  }
  if (event.type === "notice") progress.line(event.message);
  if (event.type === "stopped") progress.line(event.message);
  if (event.type === "report" && "name" in event) progress.line(frontLine(event.name, event.report));
}

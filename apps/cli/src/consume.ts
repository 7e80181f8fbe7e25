import type { RunEvent } from "@uniarm/core/schema";
import type { Progress } from "./progress.ts";

/** How events are shown; `label` replaces the package's own word for the phase. */
export interface Consumer {
  progress: Progress;
  json: boolean;
  label?: string;
  onEvent?: (event: RunEvent) => void;
}

/** Shows the events of a run as they come and returns the last one. With `json`, each event is a line on standard output. */
export async function consume(
  events: AsyncIterable<RunEvent>,
  { progress, json, label, onEvent }: Consumer,
): Promise<RunEvent | null> {
  let last: RunEvent | null = null;
  for await (const event of events) {
    last = event;
    onEvent?.(event);
    if (json) process.stdout.write(`${JSON.stringify(event)}\n`);
    else show(event, progress, label);
  }
  progress.close();
  return last;
}

function show(event: RunEvent, progress: Progress, label?: string): void {
  if (event.type === "progress") progress.update(label ?? event.phase, event.done, event.total, event.unit);
  if (event.type === "notice") progress.line(event.message);
  if (event.type === "stopped") progress.line(event.message);
}

import { PassThrough } from "node:stream";
import { openEngine, weightsAsStored } from "@uniarm/core";
import { PlaygroundOrder, UniArmError, type BaseWeights, type PlaygroundRequest } from "@uniarm/core/schema";
import { PlaygroundJob, type JobReport } from "@uniarm/pipeline/schema";
import { openGuidedModel, openInteractive, type Interactive, type InteractiveEvent } from "@uniarm/decoder";
import type { JobContext } from "./context.ts";

/** Keeps a model loaded and answers what it reads from its standard input, until nothing is asked for a while. */
export async function* playgroundJob({ config, signal, onLine }: JobContext): AsyncGenerator<JobReport> {
  const { model, checkpoint, idleMinutes, maxRows, ...settings } = PlaygroundJob.parse(config);
  const baseWeights = settings.baseWeights ?? (await fastWeights(model));
  const guided = await openGuidedModel({
    model,
    ...(baseWeights ? { baseWeights } : {}),
    ...(checkpoint === undefined ? {} : { checkpoint }),
  });
  if (guided.notice) yield { type: "notice", code: "vocabulary-shared", message: guided.notice };
  const interactive = openInteractive(guided, { maxRows });
  const reports = new PassThrough({ objectMode: true }); // of all requests, in the order they come
  const open = new Map<string, { gone: AbortController; answered: Promise<void> }>();
  let idle: NodeJS.Timeout | undefined;
  let stopping = false;
  let reason = `nothing was asked for ${idleMinutes} minutes`;
  const stop = (): void => {
    stopping = true; // who asks from here on hears from the server that this run has ended
    clearTimeout(idle);
    for (const { gone } of open.values()) gone.abort();
    void Promise.all([...open.values()].map(({ answered }) => answered)).then(() => reports.end());
  };
  const rest = (): void => {
    clearTimeout(idle);
    if (open.size === 0 && !stopping) idle = setTimeout(stop, idleMinutes * 60_000);
  };

  onLine((line) => {
    const order = readOrder(line);
    if (order?.type === "cancel") open.get(order.id)?.gone.abort();
    if (order?.type === "release" && open.size === 0) {
      reason = "it gave its slot to a run that waited";
      stop();
    }
    if (order?.type !== "ask" || open.has(order.request.id) || stopping) return;
    const { request } = order;
    const gone = new AbortController();
    const answered = answer(interactive, request, gone, (report) => void reports.write(report)).finally(() => {
      open.delete(request.id);
      rest();
    });
    open.set(request.id, { gone, answered });
    clearTimeout(idle);
  });
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  rest();
  yield { type: "ready" };
  try {
    for await (const report of reports as AsyncIterable<JobReport>) yield report;
  } finally {
    clearTimeout(idle);
    await interactive.close();
    guided.dispose();
  }
  yield signal.aborted
    ? { type: "ended", end: "STOPPED", reason: "stopped" }
    : { type: "ended", end: "SUCCEEDED", reason };
}

/** Somebody waits for each token: blocks that the files have are faster than what they stand for. null: as for a decoding. */
async function fastWeights(model: string): Promise<BaseWeights | null> {
  await openEngine();
  return process.env.UNIARM_BASE_WEIGHTS ? null : weightsAsStored(model);
}

function readOrder(line: string): PlaygroundOrder | null {
  try {
    return PlaygroundOrder.parse(JSON.parse(line));
  } catch {
    return null; // of a newer server: it hears nothing of it, and its client leaves
  }
}

/** All rows of a request, side by side. One that fails ends them all. */
async function answer(
  interactive: Interactive,
  { id, prompt, preferences, ...settings }: PlaygroundRequest,
  gone: AbortController,
  tell: (report: JobReport) => void,
): Promise<void> {
  try {
    const rows = preferences.map((preference) =>
      interactive.ask({ ...settings, prompt: { id: "prompt", text: prompt }, preference }, gone.signal),
    );
    await Promise.all(
      rows.map((events, row) => pass(events, (event) => tell({ type: "chunk", chunk: { ...event, id, row } }))),
    );
  } catch (error) {
    gone.abort();
    const known = error instanceof UniArmError;
    const { message } = error as Error;
    tell({
      type: "chunk",
      chunk: {
        type: "error",
        id,
        code: known ? error.code : "defect",
        message: known ? message : `a defect: ${message}`,
      },
    });
  }
}

async function pass(events: AsyncIterable<InteractiveEvent>, each: (event: InteractiveEvent) => void): Promise<void> {
  for await (const event of events) each(event);
}

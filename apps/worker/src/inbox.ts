import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isPassing } from "@uniarm/client";
import { RelativePath } from "@uniarm/core/schema";
import { RECORDED_EVENTS, RecordedEvent, RecordedRun } from "@uniarm/pipeline/schema";
import { deliver } from "./delivery.ts";
import { openOutbox } from "./outbox.ts";
import type { WorkerSettings } from "./worker.ts";

const LOOK_MS = 2000;

export type InboxSettings = Pick<WorkerSettings, "client" | "id" | "host" | "folder" | "log">;

/** Records the runs in the inbox until the signal: each once, however often this is stopped in between. What cannot be read is put aside. */
export async function emptyInbox(settings: InboxSettings, inbox: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for (const name of (await readdir(inbox).catch(() => [])).filter((one) => one.endsWith(".json"))) {
      const path = join(inbox, name);
      try {
        await recordRun(settings, RecordedRun.parse(JSON.parse(await readFile(path, "utf8"))), signal);
        await rm(path, { force: true });
      } catch (error) {
        if (signal.aborted || isServerAway(error)) break;
        settings.log.warn({ err: error, path }, "a finished run could not be recorded; its notice is put aside");
        await writeFile(`${path}.refused`, `${(error as Error).message}\n`);
        await rm(path, { force: true });
      }
    }
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}

const isServerAway = (error: unknown): boolean => (error as Error).name === "TRPCClientError" && isPassing(error);

async function recordRun(settings: InboxSettings, notice: RecordedRun, signal: AbortSignal): Promise<void> {
  const { client, id: workerId, host, folder: root, log } = settings;
  const { id: externalId, kind, project, name, config, folder } = notice;
  const run = { workerId, host, kind, project, externalId, name, config };
  const { attemptId, runId } = await client.api.work.record.mutate(run);
  if (attemptId === null) return;
  const recording = join(root, "recording", externalId);
  await rm(recording, { recursive: true, force: true });
  await mkdir(recording, { recursive: true });
  // numbered the same each time: the server passes over what it knows
  await writeFile(join(recording, "outbox.jsonl"), numbered(notice.events ?? (await recordedEvents(folder)), folder));
  const outbox = await openOutbox(recording);
  await deliver({ client, attemptId, outbox, signal }, () => true);
  const lastSequence = outbox.lastSequence();
  await client.api.work.end.mutate({ attemptId, end: "SUCCEEDED", reason: "", exit: null, lastSequence });
  await rm(recording, { recursive: true, force: true });
  log.info({ run: runId, folder }, "recorded");
}

async function recordedEvents(folder: string): Promise<RecordedEvent[]> {
  const lines = (await readFile(join(folder, RECORDED_EVENTS), "utf8")).split("\n").filter((line) => line !== "");
  return lines.map((line) => RecordedEvent.parse(JSON.parse(line)));
}

/** The events of a run folder as outbox lines; the files they name lie below that folder. */
function numbered(recorded: readonly RecordedEvent[], folder: string): string {
  const seen = new Set<string>();
  const isNew = (step: number, key: string): boolean => seen.size !== seen.add(`${step} ${key}`).size;
  const events = recorded.map(({ time, ...report }, index) => {
    // a run that was interrupted and resumed reports some steps twice, with equal values
    if (report.type === "metric")
      report.values = Object.fromEntries(Object.entries(report.values).filter(([key]) => isNew(report.step, key)));
    if (!("files" in report)) return { sequence: index + 1, time, ...report };
    const files = Object.entries(report.files).map(([path, from]) => [path, join(folder, RelativePath.parse(from))]);
    return { sequence: index + 1, time, ...report, files: Object.fromEntries(files) as Record<string, string> };
  });
  return events.map((event) => `${JSON.stringify(event)}\n`).join("");
}

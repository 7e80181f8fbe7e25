import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { RelativePath } from "@uniarm/core/schema";
import { RECORDED_EVENTS, RecordedEvent, RecordedRun } from "@uniarm/pipeline/schema";
import { isPassing } from "./client.ts";
import { deliver } from "./delivery.ts";
import { openOutbox } from "./outbox.ts";
import type { WorkerSettings } from "./worker.ts";

const LOOK_MS = 2000;

/** Records what is in the inbox, each run once, however often this is stopped in between. What cannot be read is put aside. */
export async function emptyInbox(settings: WorkerSettings, inbox: string, signal: AbortSignal): Promise<void> {
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

async function recordRun(settings: WorkerSettings, notice: RecordedRun, signal: AbortSignal): Promise<void> {
  const { api, id: workerId, host, folder: root, log } = settings;
  const { id: externalId, project, name, config, folder } = notice;
  const { attemptId, runId } = await api.work.record.mutate({ workerId, host, project, externalId, name, config });
  if (attemptId === null) return;
  const place = join(root, "recording", externalId);
  await rm(place, { recursive: true, force: true });
  await mkdir(place, { recursive: true });
  await writeFile(join(place, "outbox.jsonl"), await numberedEvents(folder)); // the same numbers each time: known ones are passed over
  const outbox = await openOutbox(place);
  await deliver({ ...settings, attemptId, outbox, signal }, () => true);
  await api.work.end.mutate({
    attemptId,
    end: "SUCCEEDED",
    reason: "",
    exit: null,
    lastSequence: outbox.lastSequence(),
  });
  await rm(place, { recursive: true, force: true });
  log.info({ run: runId, folder }, "recorded");
}

/** The events of a run folder as outbox lines; the files they name lie below that folder. */
async function numberedEvents(folder: string): Promise<string> {
  const lines = (await readFile(join(folder, RECORDED_EVENTS), "utf8")).split("\n").filter((line) => line !== "");
  const seen = new Set<string>();
  const isNew = (step: number, key: string): boolean => seen.size !== seen.add(`${step} ${key}`).size;
  const events = lines.map((line, index) => {
    const { time, ...report } = RecordedEvent.parse(JSON.parse(line));
    // a run that was interrupted and went on says some steps twice, with equal values
    if (report.type === "metric")
      report.values = Object.fromEntries(Object.entries(report.values).filter(([key]) => isNew(report.step, key)));
    if (!("files" in report)) return { sequence: index + 1, time, ...report };
    const files = Object.entries(report.files).map(([path, from]) => [path, join(folder, RelativePath.parse(from))]);
    return { sequence: index + 1, time, ...report, files: Object.fromEntries(files) as Record<string, string> };
  });
  return events.map((event) => `${JSON.stringify(event)}\n`).join("");
}

import { createHash } from "node:crypto";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { writeFileAtomically } from "@uniarm/core";
import { metricValueJson, type EvaluationReport, type Provenance } from "@uniarm/core/schema";
import { filesBelow, type StageEvent } from "@uniarm/pipeline";
import { RECORDED_EVENTS, type JobReport } from "@uniarm/pipeline/schema";
import { leaveNotice } from "../runs/leave-notice.ts";

/** Keeps what a demo does as a file in its folder; at the end a notice in the data folder lets `uniarm serve` show it. */
export interface Recorder {
  began: (provenance: Provenance) => void;
  event: (event: StageEvent | { type: "done-before" }) => void;
  report: (name: string, method: string, report: EvaluationReport) => void;
  finish: (run: { name: string; config: Record<string, unknown>; artifacts: Record<string, string> }) => Promise<void>;
}

export function openRecorder(folder: string): Recorder {
  const path = join(folder, RECORDED_EVENTS);
  // a demo that goes on repeats nothing: what it reports again has the same names and steps
  const write = (report: JobReport): void =>
    appendFileSync(path, `${JSON.stringify({ time: Date.now(), ...report })}\n`);
  return {
    began: (provenance) => write({ type: "provenance", provenance }),
    event: (event) => {
      if (event.type === "notice" || event.type === "progress") write(event);
      if (event.type === "metric")
        write({
          ...event,
          values: Object.fromEntries(Object.entries(event.values).map(([key, value]) => [key, metricValueJson(value)])),
        });
      if (event.type === "checkpoint")
        write({ type: "checkpoint", step: event.step, files: filesOf(folder, event.path) });
    },
    report: (name, method, report) => write({ type: "report", name, method, report }),
    finish: async ({ name, config, artifacts }) => {
      for (const [artifact, file] of Object.entries(artifacts)) {
        if (!existsSync(join(folder, file))) continue;
        const isList = file.endsWith(".jsonl");
        const count = isList ? readFileSync(join(folder, file), "utf8").split("\n").length - 1 : undefined;
        write({ type: "artifact", name: artifact, ...(isList ? { count } : {}), files: { [file]: file } });
      }
      await dropRemoved(folder, path);
      const place = resolve(folder);
      const id = `demo-${createHash("sha256")
        .update(place)
        .update(readFileSync(join(folder, "config.json")))
        .digest("hex")
        .slice(0, 24)}`;
      await leaveNotice({ kind: "demo", id, project: "default", name, folder: place, config });
    },
  };
}

/** Files of a checkpoint: their path in it -> below the demo's folder. */
const filesOf = (folder: string, checkpoint: string): Record<string, string> =>
  Object.fromEntries(filesBelow(checkpoint).map((path) => [relative(checkpoint, path), relative(folder, path)]));

/** Checkpoints that training has removed since are gone. */
async function dropRemoved(folder: string, path: string): Promise<void> {
  const kept = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => {
      if (!line.includes('"type":"checkpoint"')) return line !== "";
      const { files } = JSON.parse(line) as { files: Record<string, string> };
      return Object.values(files).every((file) => existsSync(join(folder, file)));
    });
  await writeFileAtomically(path, kept.map((line) => `${line}\n`).join(""));
}

import { createHash } from "node:crypto";
import { createReadStream, existsSync, readdirSync, statSync } from "node:fs";
import { basename, isAbsolute, join, relative, resolve } from "node:path";
import { findCheckpoint, loadCheckpoint, readText } from "@uniarm/core";
import { EvaluationReport, UniArmError } from "@uniarm/core/schema";
import { filesBelow } from "@uniarm/pipeline";
import { RecordedEvent, type RecordedRun } from "@uniarm/pipeline/schema";
import { z } from "zod";
import { readJsonFile } from "../schema-options.ts";

export interface Import {
  folder: string;
  project: string;
  name: string | undefined;
  /** base model, where the folder does not name one */
  model: string | undefined;
  /** what `train --json` printed: its metrics come along */
  events: string | undefined;
}

const NEWLINE = 0x0a;

/** Files of JSON lines that have a name on the platform. */
const ARTIFACTS = /^(pairs|generations|scores|verdicts|base-generations|base-scores)\.jsonl$/;

/** Where a demo keeps what it trained. */
const DEMO_TRAINING = "training";

/**
 * A folder of the command line's as a run that a server can record: its checkpoint, its answers and scores, its report.
 * The same folder with the same content is the same run.
 * @throws UniArmError import-empty, import-missing, report-invalid, events-invalid, config-invalid, and those of reading checkpoints
 */
export async function importedRun({ folder, project, name, model, events }: Import): Promise<RecordedRun> {
  const place = resolve(folder);
  if (!existsSync(place)) throw new UniArmError("import-missing", `There is no folder ${place} to import.`);
  const at = Math.round(timeOf(place));
  const training = await trainingIn(place);
  const checkpoint = await checkpointEvents(training, place);
  const found = [
    ...(events === undefined ? [] : await metricEvents(events)),
    ...checkpoint.events.map((event) => ({ time: at, ...event })),
    ...(await artifactEvents(place)),
    ...reportEvents(place),
  ];
  if (found.length === 0)
    throw new UniArmError(
      "import-empty",
      `${folder} holds nothing to import: no checkpoint (manifest.json), no report.json, none of pairs.jsonl, generations.jsonl, scores.jsonl. Name a folder that train, decode, score, evaluate or adapters import wrote.`,
    );
  const config = {
    ...configOf(place),
    ...(training === place ? {} : { model: configOf(training).model }),
    ...checkpoint.config,
    ...(model === undefined ? {} : { model: placeOf(model) }),
  };
  const content = found.map(({ time: _, ...event }) => event);
  const id = `import-${createHash("sha256")
    .update(JSON.stringify([place, content, config]))
    .digest("hex")
    .slice(0, 24)}`;
  return { kind: "import", id, project, name: name ?? basename(place), folder: place, config, events: found };
}

/** The folder that training wrote: this one, or below it that of a demo. */
async function trainingIn(place: string): Promise<string> {
  const below = join(place, DEMO_TRAINING);
  return (await findCheckpoint(place)) === null && existsSync(below) ? below : place;
}

async function checkpointEvents(
  training: string,
  place: string,
): Promise<{ events: Event[]; config: Record<string, unknown> }> {
  const checkpoint = await findCheckpoint(training);
  if (checkpoint === null) return { events: [], config: {} };
  const { manifest, arms } = await loadCheckpoint(checkpoint); // what cannot be read is refused here, not in the playground
  for (const arm of arms) arm.dispose();
  const { method, objectives, step } = manifest;
  const files = Object.fromEntries(
    filesBelow(checkpoint).map((path) => [relative(checkpoint, path), relative(place, path)]),
  );
  return { events: [{ type: "checkpoint", step, files }], config: { method, objectives } };
}

type Event = RecordedEvent extends infer E ? (E extends unknown ? Omit<E, "time"> : never) : never;

async function artifactEvents(place: string): Promise<RecordedEvent[]> {
  const names = statSync(place).isDirectory() ? readdirSync(place).filter((name) => ARTIFACTS.test(name)) : [];
  return Promise.all(
    names.sort().map(async (name) => {
      const path = join(place, name);
      const count = await linesOf(path);
      return {
        time: Math.round(timeOf(path)),
        type: "artifact" as const,
        name: name.replace(".jsonl", ""),
        count,
        files: { [name]: name },
      };
    }),
  );
}

/** Generations and pairs may be larger than memory. */
async function linesOf(path: string): Promise<number> {
  let count = 0;
  for await (const chunk of createReadStream(path))
    for (const byte of chunk as Buffer) if (byte === NEWLINE) count += 1;
  return count;
}

function reportEvents(place: string): RecordedEvent[] {
  const path = join(place, "report.json");
  if (!existsSync(path)) return [];
  const parsed = EvaluationReport.safeParse(readJsonFile(path, "report of an evaluation"));
  if (!parsed.success)
    throw new UniArmError(
      "report-invalid",
      `${path} is no report of uniarm evaluate: ${z.prettifyError(parsed.error)}. Remove it, or evaluate again.`,
    );
  return [{ time: Math.round(timeOf(path)), type: "report", name: basename(place), report: parsed.data }];
}

/** Metrics that `train --json` printed. Lines have no times of their own: they are taken to be a second apart, up to the file's. */
async function metricEvents(path: string): Promise<RecordedEvent[]> {
  const lines = (await readText(path)).split("\n").filter(Boolean);
  const told = lines.flatMap((line, index) => {
    const event = JsonLine.safeParse(line);
    if (!event.success)
      throw new UniArmError(
        "events-invalid",
        `Line ${index + 1} of ${path} is no JSON. --events takes what uniarm train --json printed.`,
      );
    const { type, step, values } = event.data;
    return type === "metric" ? [{ type, step, values }] : [];
  });
  const end = timeOf(path);
  return told.map((event, index) => {
    const read = RecordedEvent.safeParse({ time: Math.round(end - 1000 * (told.length - index)), ...event });
    if (read.success) return read.data;
    throw new UniArmError(
      "events-invalid",
      `The metric of step ${String(event.step)} in ${path} is none that uniarm train --json printed: ${z.prettifyError(read.error)}`,
    );
  });
}

const JsonLine = z.preprocess(
  (line) => {
    try {
      return JSON.parse(line as string) as unknown;
    } catch {
      return undefined;
    }
  },
  z.looseObject({ type: z.string(), step: z.unknown().optional(), values: z.unknown().optional() }),
);

/** What the folder was made with; its paths are those of where it was made. */
function configOf(place: string): Record<string, unknown> {
  const path = join(place, "config.json");
  if (!existsSync(path)) return {};
  const read = readJsonFile(path, "settings of the run");
  if (typeof read !== "object" || read === null || Array.isArray(read))
    throw new UniArmError(
      "config-invalid",
      `${path} holds no settings: a JSON object is expected. Remove it, or mend it.`,
    );
  const config = read as Record<string, unknown>;
  return typeof config.model === "string" ? { ...config, model: placeOf(config.model) } : config;
}

/** A path that is there is named whole: the server began in another folder. */
const placeOf = (model: string): string => (!isAbsolute(model) && existsSync(model) ? resolve(model) : model);

const timeOf = (path: string): number => statSync(path).mtimeMs;

import { createWriteStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { RelativePath, UniArmError } from "@uniarm/core/schema";
import type { Api, Connection } from "../server/connect.ts";
import { metricsCsv } from "./metrics-csv.ts";

const LOG_LINES = 5000;
/** Longer histories come thinned out, with the smallest and largest value of each stretch. */
const METRIC_POINTS = 20_000;

/** Writes a run of a server as a folder: run.json, metrics.csv, log.txt, its outputs and its last checkpoint. */
export async function exportRun(
  connection: Connection,
  run: string,
  folder: string,
): Promise<{ folder: string; files: number }> {
  const { api } = connection;
  const found = await api.runs.get.query({ id: run });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "run.json"), `${JSON.stringify(found, null, 2)}\n`);
  await writeFile(join(folder, "metrics.csv"), metricsCsv(await historiesOf(api, found.id, found.series)));
  await writeFile(join(folder, "log.txt"), await logOf(api, found.id));
  const stored = await storedFiles(api, found.id);
  for (const { sha256, path, to } of stored) {
    RelativePath.parse(path);
    await download(connection, sha256, join(folder, to));
  }
  return { folder, files: 3 + stored.length };
}

async function historiesOf(api: Api, run: string, series: readonly { key: string }[]) {
  const histories = [];
  for (const { key } of series) {
    const found = await api.metrics.history.query({ runs: run, keys: key, points: METRIC_POINTS });
    histories.push(...found.series);
  }
  return histories;
}

async function logOf(api: Api, id: string): Promise<string> {
  let text = "";
  for (let cursor: string | undefined; ;) {
    const page = await api.logs.read.query({ id, limit: LOG_LINES, ...(cursor ? { cursor } : {}) });
    text += page.lines.map((line) => line.text).join("");
    if (page.lines.length < LOG_LINES) return text;
    cursor = page.nextCursor;
  }
}

/** Files of the outputs and of the last checkpoint, with their places in the exported folder. */
async function storedFiles(api: Api, id: string): Promise<{ sha256: string; path: string; to: string }[]> {
  const { artifacts } = await api.artifacts.list.query({ id });
  const { checkpoints } = await api.checkpoints.list.query({ id });
  return [
    ...artifacts.flatMap(({ name, files }) =>
      files.map(({ sha256, path }) => ({ sha256, path, to: join("outputs", name, path) })),
    ),
    ...(checkpoints.at(-1)?.files ?? []).map(({ sha256, path }) => ({ sha256, path, to: join("checkpoint", path) })),
  ];
}

/** @throws UniArmError blob-missing */
async function download({ url, key }: Connection, sha256: string, target: string): Promise<void> {
  const found = await fetch(`${url}/api/blobs/${sha256}`, {
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
  });
  if (!found.ok || !found.body) {
    const { message } = (await found.json()) as { message: string };
    throw new UniArmError("blob-missing", `The file ${sha256} cannot be downloaded: ${message}`);
  }
  await mkdir(dirname(target), { recursive: true });
  await pipeline(Readable.fromWeb(found.body as never), createWriteStream(target));
}

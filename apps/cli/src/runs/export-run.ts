import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Client } from "@uniarm/client";
import { downloadFile } from "@uniarm/client/files";
import { RelativePath, type BlobFile, textOfNames } from "@uniarm/core/schema";
import type { Api } from "../server/connect.ts";
import { metricsCsv } from "./metrics-csv.ts";

const LOG_LINES = 5000;
/** Longer histories come thinned out, with the smallest and largest value of each stretch. */
const METRIC_POINTS = 20_000;

/** Writes a run of a server as a folder: run.json, metrics.csv, log.txt, its outputs and its last checkpoint. */
export async function exportRun(
  client: Client,
  run: string,
  folder: string,
): Promise<{ folder: string; files: number }> {
  const { api } = client;
  const found = await api.runs.get.query({ id: run });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "run.json"), `${JSON.stringify(found, null, 2)}\n`);
  await writeFile(join(folder, "metrics.csv"), metricsCsv(await historiesOf(api, found.id, found.series)));
  await writeFile(join(folder, "log.txt"), await logOf(api, found.id));
  const stored = await storedFiles(api, found.id);
  for (const { to, ...blob } of stored) await downloadFile(client, blob, join(folder, to));
  return { folder, files: 3 + stored.length };
}

async function historiesOf(api: Api, run: string, series: readonly { key: string }[]) {
  const histories = [];
  for (const { key } of series) {
    const found = await api.metrics.history.query({ runs: run, keys: textOfNames([key]), points: METRIC_POINTS });
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

interface StoredFile extends Pick<BlobFile, "sha256" | "size"> {
  /** its place in the exported folder */
  to: string;
}

/** Files of the outputs and of the last checkpoint. */
async function storedFiles(api: Api, id: string): Promise<StoredFile[]> {
  const { artifacts } = await api.artifacts.list.query({ id });
  const { checkpoints } = await api.checkpoints.list.query({ id });
  const below =
    (...folder: string[]) =>
    ({ path, sha256, size }: BlobFile): StoredFile => ({
      sha256,
      size,
      to: join(...folder, RelativePath.parse(path)),
    });
  return [
    ...artifacts.flatMap(({ name, files }) => files.map(below("outputs", name))),
    ...(checkpoints.at(-1)?.files ?? []).map(below("checkpoint")),
  ];
}

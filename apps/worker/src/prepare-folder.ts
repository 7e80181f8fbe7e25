import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { persistently, type Client } from "@uniarm/client";
import { downloadFiles } from "@uniarm/client/files";
import type { BlobFile } from "@uniarm/core/schema";
import type { Assignment } from "./assignment.ts";

interface Preparation {
  client: Client;
  /** the job's working folder */
  folder: string;
  cache: string;
  /** gives up waiting for a server that is away */
  signal: AbortSignal;
}

/** Makes the folder that a job finds: job.json, its inputs, and what the last attempt saved. */
export async function prepareFolder(assignment: Assignment, preparation: Preparation): Promise<void> {
  const { client, folder, cache, signal } = preparation;
  await mkdir(folder, { recursive: true });
  const fetchAll = async (files: readonly BlobFile[], to: string): Promise<void> =>
    persistently(() => downloadFiles(client, files, { folder: to, cache, signal }), signal);
  for (const [input, producers] of Object.entries(assignment.inputs))
    for (const [position, files] of producers.entries())
      await fetchAll(files, join(folder, "inputs", input, String(position)));
  for (const [name, files] of Object.entries(assignment.datasets))
    await fetchAll(files, join(folder, "datasets", name));
  for (const [id, files] of Object.entries(assignment.checkpoints))
    await fetchAll(files, join(folder, "checkpoints", id));
  if (assignment.resume) await fetchAll(assignment.resume.files, folder);
  await writeFile(join(folder, "job.json"), JSON.stringify(jobOf(assignment), null, 2));
}

/** What the job is told: files are named by their paths below its folder. */
function jobOf({ kind, config, resume, inputs, datasets, checkpoints }: Assignment): object {
  const pathsOf = (files: readonly BlobFile[]): string[] => files.map(({ path }) => path);
  return {
    kind,
    config,
    step: resume?.step ?? null,
    inputs: Object.fromEntries(Object.entries(inputs).map(([input, producers]) => [input, producers.map(pathsOf)])),
    datasets: Object.keys(datasets),
    checkpoints: Object.fromEntries(Object.entries(checkpoints).map(([id, files]) => [id, pathsOf(files)])),
  };
}

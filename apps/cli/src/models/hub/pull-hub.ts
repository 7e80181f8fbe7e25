import { mkdir, readlink, rename, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { exists, hubFolder, modelPath, pulledRecord, writeFileAtomically, type PulledModel } from "@uniarm/core";
import { hubPlace, type HubModel } from "@uniarm/core/schema";
import type { Progress } from "../../progress.ts";
import { megabytes, requireSpace, writable } from "../disk.ts";
import { lock } from "../lock.ts";
import { sizeOf } from "../resumed-download.ts";
import { fetchBlob } from "./fetch-blob.ts";
import type { HubFile } from "./hub-file.ts";
import { listModel } from "./list-model.ts";
import type { HubSettings } from "./settings.ts";

export interface PulledHubModel {
  /** folder or GGUF file */
  path: string;
  commit: string;
}

/**
 * Fetches a model of the hub into the user's cache: what its revision is now. Files that are there already, whole, are not
 * fetched again, those that are there in part are gone on with.
 * @throws UniArmError hub-*, pull-*
 */
export async function pullHubModel(
  model: HubModel,
  settings: HubSettings,
  progress: Progress,
  signal: AbortSignal,
): Promise<PulledHubModel> {
  const { commit, files } = await listModel(model, settings);
  const folder = hubFolder(model);
  return writable(folder, async () => {
    await mkdir(join(folder, "blobs"), { recursive: true });
    const release = await lock(join(folder, "pull.lock"));
    try {
      await fetchAll({ model, commit, files, folder }, settings, progress, signal);
      await link({ commit, files, folder });
      await record(model, { commit, files: files.map(({ path }) => path) });
      return { path: modelPath(hubPlace(model)), commit };
    } finally {
      progress.close();
      await release();
    }
  });
}

interface Pull {
  model: HubModel;
  commit: string;
  files: readonly HubFile[];
  folder: string;
}

const blobOf = (folder: string, { digest }: HubFile): string => join(folder, "blobs", digest.hex);

async function fetchAll(
  { model, commit, files, folder }: Pull,
  settings: HubSettings,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const isThere = await Promise.all(files.map((file) => exists(blobOf(folder, file))));
  const wanted = files.filter((_, index) => !isThere[index]);
  const parts = await Promise.all(wanted.map(async (file) => partOf(`${blobOf(folder, file)}.incomplete`, file)));
  const missing = wanted.reduce((sum, { bytes }) => sum + bytes, 0) - parts.reduce((sum, bytes) => sum + bytes, 0);
  await requireSpace(folder, missing);
  let before = files.reduce((sum, { bytes }, index) => sum + (isThere[index] ? bytes : 0), 0);
  const show = (present: number): void => {
    progress.update(`pull ${model.owner}/${model.name}`, megabytes(before + present), megabytes(total), "MB");
  };
  for (const file of wanted) {
    show(0);
    await fetchBlob(blobOf(folder, file), { model, commit, file, onBytes: show }, settings, signal);
    before += file.bytes;
  }
}

const partOf = async (path: string, { bytes }: HubFile): Promise<number> => Math.min(bytes, await sizeOf(path));

/** The snapshot of a commit: its files by their names, as links to their bytes. */
async function link({ commit, files, folder }: Omit<Pull, "model">): Promise<void> {
  const snapshot = join(folder, "snapshots", commit);
  await mkdir(snapshot, { recursive: true });
  for (const file of files) {
    const target = join("..", "..", "blobs", file.digest.hex);
    const path = join(snapshot, file.path);
    if ((await readlink(path).catch(() => null)) === target) continue;
    await rm(`${path}.partial`, { force: true });
    await symlink(target, `${path}.partial`);
    await rename(`${path}.partial`, path);
  }
}

/** What a name means from here on, and what its commit does; Hugging Face's libraries read the commit of a branch from refs. */
async function record(model: HubModel, pulled: PulledModel): Promise<void> {
  for (const revision of new Set([model.revision, pulled.commit])) {
    const path = pulledRecord({ ...model, revision });
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomically(path, `${JSON.stringify(pulled, null, 1)}\n`);
  }
  const ref = join(hubFolder(model), "refs", model.revision);
  await mkdir(dirname(ref), { recursive: true });
  if (model.revision !== pulled.commit) await writeFileAtomically(ref, pulled.commit);
}

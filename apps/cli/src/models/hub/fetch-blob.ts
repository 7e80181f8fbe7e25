import { rename, rm } from "node:fs/promises";
import { hubPlace, UniArmError, type HubModel } from "@uniarm/core/schema";
import type { HubFile } from "./hub-file.ts";
import { resumeDownload, sizeOf } from "../resumed-download.ts";
import { openRange } from "./open-range.ts";
import { unreachable } from "./refusal.ts";
import type { HubSettings } from "./settings.ts";
import { isWhole } from "./verify.ts";

/** What is being fetched, and who is told how far it is. */
export interface Fetching {
  model: HubModel;
  commit: string;
  file: HubFile;
  onBytes: (present: number) => void;
}

/**
 * Fetches a file into `path`. What an earlier pull has left of it beside `path` is gone on with; it gets its name when it is whole.
 * @throws UniArmError pull-checksum, and those of `openRange`
 */
export async function fetchBlob(
  path: string,
  fetching: Fetching,
  settings: HubSettings,
  signal: AbortSignal,
): Promise<void> {
  const partial = `${path}.incomplete`; // as Hugging Face's own library calls it
  const { model, file } = fetching;
  const before = await sizeOf(partial);
  if (before > file.bytes) await rm(partial);
  await complete(partial, fetching, settings, signal);
  if (!(await isWhole(partial, file))) {
    await rm(partial);
    if (before === 0) throw wrongChecksum(model, file);
    await complete(partial, fetching, settings, signal); // its older part may have been damaged
    if (!(await isWhole(partial, file))) {
      await rm(partial);
      throw wrongChecksum(model, file);
    }
  }
  await rename(partial, path);
}

const complete = (partial: string, { onBytes, ...asked }: Fetching, settings: HubSettings, signal: AbortSignal) =>
  resumeDownload(
    partial,
    {
      bytes: asked.file.bytes,
      openAt: (from) => openRange(asked, settings, from, signal),
      onBytes,
      gaveUp: (cause) => unreachable(settings, cause),
      tooLong: () => wrongSize(asked.model, asked.file),
    },
    signal,
  );

const wrongChecksum = (model: HubModel, { path, digest }: HubFile): UniArmError =>
  new UniArmError(
    "pull-checksum",
    `${path} of ${hubPlace(model)} came with other bytes than the hub lists (${digest.kind} ${digest.hex}). Nothing of it was kept; run the command again, or ask who runs the hub.`,
  );

const wrongSize = (model: HubModel, { path, bytes }: HubFile): UniArmError =>
  new UniArmError(
    "pull-checksum",
    `${path} of ${hubPlace(model)} has more bytes than the ${bytes} that the hub lists. Run the command again, or ask who runs the hub.`,
  );

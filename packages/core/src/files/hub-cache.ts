import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { UniArmError } from "../schema/error.ts";
import { hubPlace, type HubModel } from "../schema/hub-model.ts";
import { cacheFolder } from "./cache-folder.ts";

/** What was pulled of a model at a revision; it is there only when all files are whole. */
export const PulledModel = z.strictObject({
  commit: z.string().regex(/^[0-9a-f]{40}$/),
  files: z.array(z.string().regex(/^[\w][\w.-]*$/)).min(1),
});
export type PulledModel = z.infer<typeof PulledModel>;

/** Hugging Face's own cache where HF_HOME names it, so that its libraries find the same files; else one in the user's cache. */
const hubCache = ({ HF_HOME: home } = process.env): string => (home ? join(home, "hub") : join(cacheFolder(), "hub"));

/** Where a model's blobs, snapshots and records lie, as Hugging Face's libraries lay them out. */
export const hubFolder = ({ owner, name }: Pick<HubModel, "owner" | "name">): string =>
  join(hubCache(), `models--${owner}--${name}`);

/** The record of a revision: a file that those libraries do not know. */
export const pulledRecord = (model: HubModel): string =>
  join(
    hubFolder(model),
    "uniarm",
    `${encodeURIComponent(model.revision)}${model.file === null ? "" : `.${model.file}`}.json`,
  );

/** The folder or GGUF file of a pulled model. @throws UniArmError model-not-pulled */
export function pulledPath(model: HubModel): string {
  const record = pulledRecord(model);
  const { data: pulled } = existsSync(record) ? PulledModel.safeParse(jsonOf(record)) : {};
  const snapshot = pulled && join(hubFolder(model), "snapshots", pulled.commit);
  if (snapshot && pulled.files.every((file) => existsSync(join(snapshot, file)))) {
    const gguf = pulled.files.find((file) => file.endsWith(".gguf"));
    return gguf === undefined ? snapshot : join(snapshot, gguf);
  }
  const place = hubPlace(model);
  throw new UniArmError(
    "model-not-pulled",
    `The model ${place} is not on this machine yet. Fetch it once: uniarm models pull ${place.replace(/^hub:/, "")}`,
  );
}

function jsonOf(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return null; // it is pulled again
  }
}

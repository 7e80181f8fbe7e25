import { existsSync } from "node:fs";
import { join } from "node:path";
import { UniArmError } from "../schema/error.ts";
import { isHubModel, parseHubModel } from "../schema/hub-model.ts";
import { isNamedModel, NAMED_MODELS } from "../schema/named-models.ts";
import { cacheFolder } from "./cache-folder.ts";
import { pulledPath } from "./hub-cache.ts";

/** The cache's folder of a named model; it is there only when its file is whole. */
export const namedModelFolder = (name: string): string => join(cacheFolder(), "models", name);

/**
 * Where a model lies: a folder or GGUF file as it is given; in the user's cache a model of the hub (`hub:owner/name@revision`) or
 * a name of `NAMED_MODELS`. A folder of that name goes first.
 * @throws UniArmError model-not-pulled, hub-model-invalid
 */
export function modelPath(place: string): string {
  if (isHubModel(place)) return pulledPath(parseHubModel(place));
  if (!isNamedModel(place) || existsSync(place)) return place;
  const path = join(namedModelFolder(place), NAMED_MODELS[place]!.file);
  if (existsSync(path)) return path;
  throw new UniArmError(
    "model-not-pulled",
    `The model ${place} is not on this machine yet. Fetch it once: uniarm models pull ${place} (${Math.round(NAMED_MODELS[place]!.bytes / 1e6)} MB).`,
  );
}

import { hubPlace, UniArmError, type HubModel } from "@uniarm/core/schema";
import type { HubFile } from "./hub-file.ts";

const WEIGHTS = /^model(-\d+-of-\d+)?\.safetensors$/;
const INDEX = "model.safetensors.index.json";
/** What belongs to a model beside its weights. */
const COMPANIONS =
  /^(config\.json|generation_config\.json|tokenizer.*\.json|special_tokens_map\.json|added_tokens\.json|chat_template\..*|vocab\..*|merges\.txt)$/;

/**
 * What of a model's files is needed: safetensors with config.json and tokenizer, or a GGUF file.
 * @throws UniArmError pull-files-missing, pull-files-several
 */
export function chosenFiles(model: HubModel, listed: readonly HubFile[]): HubFile[] {
  const place = hubPlace(model);
  // what lies deeper is another model, and a path that leads elsewhere is none of a model at all
  const files = listed.filter(({ path }) => !/[/\\]/.test(path));
  const ggufs = files.filter(({ path }) => path.endsWith(".gguf"));
  if (model.file !== null) {
    const named = ggufs.filter(({ path }) => path === model.file);
    if (named.length > 0) return named;
    throw missing(place, model.file, listed);
  }
  const single = files.some(({ path }) => path === "model.safetensors");
  const weights = files.filter(({ path }) =>
    single ? path === "model.safetensors" : WEIGHTS.test(path) || path === INDEX,
  );
  if (weights.length > 0) {
    for (const needed of ["config.json", "tokenizer.json", ...(single ? [] : [INDEX])])
      if (!files.some(({ path }) => path === needed)) throw missing(place, needed, listed);
    return [...files.filter(({ path }) => COMPANIONS.test(path)), ...weights];
  }
  if (ggufs.length === 1) return ggufs;
  if (ggufs.length === 0) throw missing(place, "model.safetensors", listed);
  const [first] = ggufs.toSorted((one, other) => one.bytes - other.bytes);
  throw new UniArmError(
    "pull-files-several",
    `${place} has ${ggufs.length} GGUF files: ${ggufs.map(({ path }) => path).join(", ")}. Name one: uniarm models pull ${place.replace(/^hub:/, "")}:${first!.path}`,
  );
}

function missing(place: string, file: string, files: readonly HubFile[]): UniArmError {
  const names = files.map(({ path }) => path);
  const shown = names.length > 12 ? [...names.slice(0, 12), `${names.length - 12} more`] : names;
  return new UniArmError(
    "pull-files-missing",
    `${place} has no ${file}: a model needs, at the top of its files, safetensors with config.json and tokenizer.json, or a GGUF file. It holds ${shown.join(", ") || "nothing"}.`,
  );
}

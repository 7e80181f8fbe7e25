import { isAbsolute, resolve } from "node:path";
import { isPulledByName } from "@uniarm/core/schema";
import { tinyWorldModel } from "@uniarm/tiny-world";
import { singleFile } from "./files.ts";
import type { WorkKind } from "./schema/kinds.ts";
import type { Reference } from "./schema/reference.ts";
import { replaceReferences } from "./schema/references-in.ts";

/** Where references lie on this disk. */
export interface Places {
  /** folder that relative paths begin at */
  origin: string;
  /** files or folders of an input, in the order of its producers; throws where nothing fills it */
  input: (name: string) => readonly string[];
  dataset: (name: string) => string;
  checkpoint: (id: string) => string;
}

/** The config of a job with every reference replaced by its file or folder. @throws UniArmError as `places` says */
export function resolveReferences(kind: WorkKind, config: unknown, places: Places): unknown {
  return replaceReferences(kind, config, (reference, { to }, text) => {
    if (reference.type === "tiny-world-prompts") return text; // no file: the stage makes them
    const found = placesOf(reference, places);
    return to === "file" ? found.map(singleFile) : found;
  });
}

function placesOf(
  reference: Exclude<Reference, { type: "tiny-world-prompts" }>,
  { origin, input, dataset, checkpoint }: Places,
): readonly string[] {
  switch (reference.type) {
    case "input":
      return input(reference.name);
    case "dataset":
      return [dataset(reference.name)];
    case "checkpoint":
      return [checkpoint(reference.id)];
    case "tiny-world":
      return [tinyWorldModel(reference.name)];
    case "path":
      if (isPulledByName(reference.path)) return [reference.path]; // no folder: whoever opens it finds it
      return [isAbsolute(reference.path) ? reference.path : resolve(origin, reference.path)];
  }
}

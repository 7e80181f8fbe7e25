import { UniArmError } from "./error.ts";

/** A model of the Hugging Face hub, as `uniarm models pull` fetches it. */
export interface HubModel {
  owner: string;
  name: string;
  /** branch, tag or commit */
  revision: string;
  /** the GGUF file that is meant where there are several; null: the only one, or the folder */
  file: string | null;
}

const SCHEME = "hub:";
const FORM = /^([A-Za-z0-9][\w.-]*)\/([A-Za-z0-9][\w.-]*)(?:@([\w][\w./-]*))?(?::([\w][\w.-]*\.gguf))?$/;

/** Whether what stands for a model folder means one of the hub. */
export const isHubModel = (place: string): boolean => place.startsWith(SCHEME);

/**
 * `hub:owner/name`, with `@revision` (default main) and `:FILE.gguf` behind it where they are meant; the scheme may be left out.
 * @throws UniArmError hub-model-invalid
 */
export function parseHubModel(text: string): HubModel {
  const [, owner, name, revision = "main", file = null] = FORM.exec(text.replace(SCHEME, "")) ?? [];
  if (owner !== undefined && name !== undefined && !revision.includes("..")) return { owner, name, revision, file };
  throw new UniArmError(
    "hub-model-invalid",
    `${JSON.stringify(text.slice(0, 200))} names no model of the hub: expected owner/name, owner/name@revision, or owner/name:FILE.gguf.`,
  );
}

/** How a config says it. */
export const hubPlace = ({ owner, name, revision, file }: HubModel): string =>
  `${SCHEME}${owner}/${name}${revision === "main" ? "" : `@${revision}`}${file === null ? "" : `:${file}`}`;

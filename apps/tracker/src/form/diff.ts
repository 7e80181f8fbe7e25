import { flattenConfig } from "@uniarm/pipeline/schema";

export interface Change {
  path: string;
  /** as JSON; null: absent */
  before: string | null;
  after: string | null;
}

/** Settings in which two configs differ, in the order of the first. */
export function changesBetween(before: unknown, after: unknown): Change[] {
  const old = new Map(flattenConfig(before).map(({ path, text }) => [path, text]));
  const now = new Map(flattenConfig(after).map(({ path, text }) => [path, text]));
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((path) => old.get(path) !== now.get(path))
    .map((path) => ({ path, before: old.get(path) ?? null, after: now.get(path) ?? null }));
}

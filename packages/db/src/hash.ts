import { createHash } from "node:crypto";

/** sha256 of a JSON value, whatever the order of its keys; undefined keys count as absent. */
export function contentHash(value: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(value, sortKeys) ?? "null")
    .digest("hex");
}

function sortKeys(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

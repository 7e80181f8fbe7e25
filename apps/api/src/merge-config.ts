import { UniArmError } from "@uniarm/core/schema";

const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

/** Lays changes over a config, object by object; null removes a key. */
export function mergeConfig(config: unknown, changes: unknown): unknown {
  if (!isRecord(config) || !isRecord(changes)) return changes;
  const merged: Record<string, unknown> = { ...config };
  for (const [key, value] of Object.entries(changes)) {
    if (FORBIDDEN.has(key)) throw new UniArmError("config-invalid", `A config has no key "${key}".`);
    if (value === null) delete merged[key];
    else merged[key] = mergeConfig(merged[key], value);
  }
  return merged;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

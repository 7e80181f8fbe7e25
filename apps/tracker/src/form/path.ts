import type { Path } from "@uniarm/pipeline/schema";
import { isRecord } from "./is-record.ts";

export function valueAt(config: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof key === "number") return Array.isArray(value) ? (value as unknown[])[key] : undefined;
    return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }, config);
}

/** A copy in which the setting is `value`; undefined: in which it is absent. What is missing on the way is made. */
export function withValue(config: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (typeof key === "number") {
    const list: unknown[] = Array.isArray(config) ? [...(config as unknown[])] : [];
    list[key] = withValue(list[key], rest, value);
    return list;
  }
  const record = isRecord(config) ? { ...config } : {};
  const inner = withValue(Object.hasOwn(record, key) ? record[key] : undefined, rest, value);
  if (inner === undefined) delete record[key];
  else Object.defineProperty(record, key, { value: inner, enumerable: true, configurable: true, writable: true });
  return record;
}

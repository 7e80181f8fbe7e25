/** A setting of a config by its path: "optimizer.learningRate", "methods[0].name". */
export interface Setting {
  path: string;
  value: unknown;
  /** the value as JSON */
  text: string;
}

/** Every setting of a config; lists of plain values stay whole. */
export function flatten(value: unknown, path = ""): Setting[] {
  if (Array.isArray(value) && value.some(isContainer))
    return value.flatMap((item, index) => flatten(item, `${path}[${index}]`));
  if (isRecord(value) && Object.keys(value).length > 0)
    return Object.entries(value).flatMap(([key, inner]) => flatten(inner, path === "" ? key : `${path}.${key}`));
  return [{ path, value, text: JSON.stringify(value) ?? "absent" }];
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isContainer = (value: unknown): boolean => typeof value === "object" && value !== null;

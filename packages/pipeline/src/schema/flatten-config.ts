import { pathText, type Path } from "./path.ts";

/** A setting of a config by its path: "optimizer.learningRate", "methods[0].name". */
export interface Setting {
  path: string;
  value: unknown;
  /** the value as JSON */
  text: string;
}

/** Every setting of a config; lists of plain values stay whole, what is empty is a setting itself. */
export function flattenConfig(config: unknown): Setting[] {
  return isContainer(config) ? settingsAt(config, []) : [];
}

function settingsAt(value: unknown, path: Path): Setting[] {
  const inner = innerOf(value);
  if (inner.length > 0) return inner.flatMap(([key, one]) => settingsAt(one, [...path, key]));
  return path.length === 0 ? [] : [{ path: pathText(path), value, text: JSON.stringify(value) ?? "absent" }];
}

/** The settings inside of a value; none where the value is one setting. */
function innerOf(value: unknown): [string | number, unknown][] {
  if (Array.isArray(value)) return value.some(isContainer) ? value.map((item, index) => [index, item]) : [];
  return isContainer(value) ? Object.entries(value) : [];
}

const isContainer = (value: unknown): value is object => typeof value === "object" && value !== null;

/** Paths whose values are not the same in all configs, in the order in which they occur; absent is a value too. */
export function differingPaths(configs: readonly ReadonlyMap<string, unknown>[]): string[] {
  const paths = [...new Set(configs.flatMap((config) => [...config.keys()]))];
  return paths.filter((path) => new Set(configs.map((config) => JSON.stringify(config.get(path)))).size > 1);
}

/** Settings of a config by their paths; lists are settings as they are: "optimizer.learningRate". */
export function flatten(config: unknown, prefix = ""): Map<string, unknown> {
  if (typeof config !== "object" || config === null || Array.isArray(config))
    return new Map(prefix === "" ? [] : [[prefix, config]]);
  return new Map(
    Object.entries(config).flatMap(([key, value]) => [...flatten(value, prefix === "" ? key : `${prefix}.${key}`)]),
  );
}

/** Paths whose values are not the same in all configs, in the order in which they occur. */
export function differingPaths(configs: readonly ReadonlyMap<string, unknown>[]): string[] {
  const paths = [...new Set(configs.flatMap((config) => [...config.keys()]))];
  return paths.filter((path) => new Set(configs.map((config) => JSON.stringify(config.get(path)))).size > 1);
}

export const settingText = (value: unknown): string =>
  value === undefined ? "–" : typeof value === "string" ? value : JSON.stringify(value);

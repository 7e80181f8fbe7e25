import type { PeftLora } from "./config.ts";
import { matching } from "./python-pattern.ts";

/** The modules that PEFT adapts by a configuration, of those that a model has, by their paths. */
export function targetedPaths(config: PeftLora, paths: readonly string[], head: string): Set<string> {
  const excluded = excludedPaths(config, paths);
  const left = paths.filter((path) => !excluded.has(path));
  const { target_modules: targets } = config;
  if (targets === "all-linear") return new Set(left.filter((path) => path !== head && !isEmbedding(path)));
  if (typeof targets === "string") return matching(targets, left, "whole", "target_modules");
  const exact = new Set(left.filter((path) => targets.includes(path)));
  const named = left.filter((path) => targets.some((target) => path.endsWith(`.${target}`)));
  const inLayers = layersOf(config, named);
  return new Set([...exact, ...named.filter((path) => inLayers(path))]);
}

/** Embeddings are no linear modules. */
const isEmbedding = (path: string): boolean => /(^|\.)(embed_tokens|wte|wpe)$/.test(path);

function excludedPaths(config: PeftLora, paths: readonly string[]): Set<string> {
  const { exclude_modules: exclude, modules_to_save: saved } = config;
  const found = new Set<string>();
  if (typeof exclude === "string")
    for (const path of matching(exclude, paths, "whole", "exclude_modules")) found.add(path);
  else
    for (const path of paths) if (exclude?.some((name) => path === name || path.endsWith(`.${name}`))) found.add(path);
  for (const name of saved ?? [])
    for (const path of matching(String.raw`(^|.*\.)${name}($|\..*)`, paths, "start", "modules_to_save"))
      found.add(path);
  return found;
}

/** Whether a path lies in a layer that layers_to_transform names; the first number in it counts. */
function layersOf(config: PeftLora, paths: readonly string[]): (path: string) => boolean {
  const { layers_to_transform: layers, layers_pattern: pattern } = config;
  if (layers === null || layers === undefined || (Array.isArray(layers) && layers.length === 0)) return () => true;
  const wanted = Array.isArray(layers) ? layers : [layers];
  const patterns = pattern === null || pattern === undefined ? [] : [pattern].flat().filter((one) => one !== "");
  const known = patterns.map((one) => matching(String.raw`(?:^|.*?\.)${one}\.\d+\.`, paths, "start", "layers_pattern"));
  return (path) => {
    if (patterns.length > 0 && !known.some((some) => some.has(path))) return false;
    const number = /\.(\d+)\./.exec(path)?.[1];
    return number !== undefined && wanted.includes(Number(number));
  };
}

/** rank_pattern or alpha_pattern: the value of the first key that matches the end of each path. */
export function patternValues(
  patterns: Readonly<Record<string, number>> | null | undefined,
  paths: readonly string[],
  what: string,
): Map<string, number> {
  const values = new Map<string, number>();
  for (const [key, value] of Object.entries(patterns ?? {})) {
    for (const path of matching(String.raw`(.*\.)?(${key})$`, paths, "start", what))
      if (!values.has(path)) values.set(path, value);
  }
  return values;
}

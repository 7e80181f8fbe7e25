import type { JsonSchema } from "./json-schema.ts";

const DEEPEST = 6;

/** Paths of all settings of a config's schema, inside of objects but not of lists: "optimizer.learningRate". */
export function settingPaths(schema: JsonSchema, prefix = "", depth = 0): string[] {
  const branches = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const path = prefix === "" ? name : `${prefix}.${name}`;
    const deeper = depth < DEEPEST ? settingPaths(inner, path, depth + 1) : [];
    return deeper.length > 0 ? deeper : [path];
  });
  return [...new Set([...own, ...branches.flatMap((branch) => settingPaths(branch, prefix, depth))])];
}

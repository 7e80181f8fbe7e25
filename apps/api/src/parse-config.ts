import { ExperimentConfig, JOBS, UniArmError, type JobKind } from "@uniarm/core/schema";
import { z } from "zod";

/** The schema of a kind's config. */
export function configSchema(kind: JobKind): z.ZodType {
  if (kind === "experiment") return ExperimentConfig;
  if (kind === "demo") return z.record(z.string(), z.unknown());
  return JOBS[kind].config;
}

/** Settings that the platform decides; a config may leave them out. */
const DECIDED: Partial<Record<JobKind, object>> = { train: { output: "output" } };

/** Parses a config by its kind. @throws UniArmError config-invalid with the path of each problem, and the nearest known key of an unknown one */
export function parseConfig(kind: JobKind, config: unknown): unknown {
  const given = { ...(config as object), ...DECIDED[kind] };
  const parsed = configSchema(kind).safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) => problemsOf(kind, issue));
  throw new UniArmError(
    "config-invalid",
    `The config of this ${kind} does not fit:\n${problems.map((problem) => `  ${problem}`).join("\n")}`,
  );
}

function problemsOf(kind: JobKind, issue: z.core.$ZodIssue): string[] {
  const path = issue.path.map(String);
  if (issue.code !== "unrecognized_keys") return [`${path.join(".") || "config"}: ${issue.message}`];
  const known = keysAt(z.toJSONSchema(configSchema(kind), { io: "input", unrepresentable: "any" }) as JsonSchema, path);
  return issue.keys.map((key) => {
    const near = nearest(key, known);
    return `${[...path, key].join(".")}: there is no such setting${near ? `; did you mean ${[...path, near].join(".")}?` : ""}`;
  });
}

interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
}

/** Names of the settings at a path of a schema. */
function keysAt(schema: JsonSchema | undefined, path: readonly string[]): string[] {
  if (!schema) return [];
  const branches = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  const [first, ...rest] = path;
  const own =
    first === undefined
      ? Object.keys(schema.properties ?? {})
      : keysAt(/^\d+$/.test(first) ? schema.items : schema.properties?.[first], rest);
  return [...own, ...branches.flatMap((branch) => keysAt(branch, path))];
}

/** The known name that takes the fewest changes, where it takes few. */
export function nearest(name: string, known: readonly string[]): string | null {
  const ranked = known
    .map((one) => ({ one, distance: editDistance(name.toLowerCase(), one.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best && best.distance <= Math.max(2, Math.floor(name.length / 3)) ? best.one : null;
}

function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (one[i - 1] === other[j - 1] ? 0 : 1)));
    row = next;
  }
  return row.at(-1)!;
}

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

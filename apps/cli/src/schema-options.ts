import { readFileSync } from "node:fs";
import { Option } from "commander";
import { decodeText, UniArmError } from "@uniarm/core/schema";
import { z } from "zod";

/** What a command-line flag needs to know of one key of a config schema. */
interface ConfigKey {
  /** where the value goes, e.g. ["optimizer", "learningRate"] */
  path: string[];
  kind: "number" | "boolean" | "string" | "json";
  choices?: string[];
  description: string;
}

interface JsonSchema {
  type?: string | string[];
  enum?: unknown[];
  default?: unknown;
  description?: string;
  properties?: Record<string, JsonSchema>;
  anyOf?: JsonSchema[];
}

/**
 * Command-line options of a config schema: one flag per key, help text and defaults from the schema.
 * Nested objects contribute their own keys (optimizer.learningRate is --learning-rate); lists and unions take JSON or @file.json.
 */
export function schemaOptions(schema: z.ZodType, leaveOut: readonly string[] = []): Option[] {
  return configKeys(schema)
    .filter((key) => !leaveOut.includes(nameOf(key)))
    .map((key) => {
      const flag = `--${kebabCase(nameOf(key))}`;
      const option = new Option(key.kind === "boolean" ? flag : `${flag} <${key.kind}>`, key.description);
      return key.choices ? option.choices(key.choices) : option;
    });
}

/** Lays command-line values over a config object read from a file; the result is still to be parsed by the schema. */
export function applyOptions(
  schema: z.ZodType,
  base: Record<string, unknown>,
  values: Record<string, unknown>,
): Record<string, unknown> {
  const config = structuredClone(base);
  for (const key of configKeys(schema)) {
    const value = values[nameOf(key)];
    if (value === undefined) continue;
    let target = config;
    for (const part of key.path.slice(0, -1)) {
      const inner = target[part];
      target[part] = typeof inner === "object" && inner !== null ? inner : {};
      target = target[part] as Record<string, unknown>;
    }
    target[nameOf(key)] = parseValue(key, value);
  }
  return config;
}

/**
 * Parses a config, turning schema issues into one sentence each.
 * @throws UniArmError config-invalid
 */
export function parseConfig<T>(schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => {
    const flag = issue.path.findLast((part) => typeof part === "string");
    return `  ${flag === undefined ? "" : `--${kebabCase(flag)}: `}${issue.message}`;
  });
  throw new UniArmError(
    "config-invalid",
    `The settings do not fit:\n${lines.join("\n")}\nSee --help for every setting.`,
  );
}

/** Reads a JSON file. @throws UniArmError file-missing, json-invalid */
export function readJsonFile(path: string, what: string): unknown {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new UniArmError("file-missing", `The ${what} ${path} cannot be read. Check the path.`, { cause });
  }
  const text = decodeText(bytes, path);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new UniArmError("json-invalid", `The ${what} ${path} is not JSON: ${(cause as Error).message}.`, { cause });
  }
}

function configKeys(schema: z.ZodType): ConfigKey[] {
  return keysOf(z.toJSONSchema(schema, { io: "input", unrepresentable: "any", reused: "inline" }) as JsonSchema, []);
}

function keysOf(schema: JsonSchema, path: string[]): ConfigKey[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, value]) => {
    if (value.properties) return keysOf(value, [...path, name]);
    const choices = value.enum?.every((choice) => typeof choice === "string") ? value.enum : undefined;
    const shown = value.default === undefined ? "" : ` (default: ${JSON.stringify(value.default)})`;
    return {
      path: [...path, name],
      kind: kindOf(value),
      ...(choices ? { choices } : {}),
      description: `${value.description ?? ""}${shown}`.trim(),
    };
  });
}

function kindOf(schema: JsonSchema): ConfigKey["kind"] {
  if (schema.type === "number" || schema.type === "integer") return "number";
  if (schema.type === "boolean") return "boolean";
  if (schema.type === "string") return "string";
  return "json";
}

function parseValue(key: ConfigKey, value: unknown): unknown {
  if (typeof value !== "string") return value;
  if (key.kind === "number") return value.trim() === "" ? Number.NaN : Number(value);
  return key.kind === "json" ? jsonOf(value, kebabCase(nameOf(key))) : value;
}

/** What a flag says as JSON, or as a file of it. @throws UniArmError file-missing, json-invalid */
export function jsonOf(value: string, flag: string): unknown {
  if (value.startsWith("@")) return readJsonFile(value.slice(1), `value of --${flag}`);
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value; // a union may hold a plain string, such as a path
  }
}

const nameOf = (key: ConfigKey): string => key.path.at(-1) ?? "";
const kebabCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

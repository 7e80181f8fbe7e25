import { printFloat } from "./print.ts";
import { compareTexts, fail, Float, isSequence, itemsOf, typeName, type Value } from "./values.ts";

export interface JsonOptions {
  /** what one level is indented by; null: all in one line */
  indent: string | null;
  /** characters beyond ASCII are written as escapes */
  ensureAscii: boolean;
  /** between entries, between key and value; null: Python's own */
  separators: [string, string] | null;
  sortKeys: boolean;
}

/** Python's json.dumps. @throws TemplateError for what has no JSON */
export function toJson(value: Value, options: JsonOptions, depth = 0): string {
  const { indent, ensureAscii, separators, sortKeys } = options;
  const [between, colon] = separators ?? [indent === null ? ", " : ",", ": "];
  const quoted = (text: string): string => {
    const json = JSON.stringify(text);
    if (!ensureAscii) return json;
    return json.replaceAll(/[\u007f-\uffff]/g, (one) =>
      one === "\x7f" ? one : `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
  };
  const wrapped = (open: string, parts: readonly string[], close: string): string => {
    if (parts.length === 0) return open + close;
    if (indent === null) return open + parts.join(between) + close;
    const line = `\n${indent.repeat(depth + 1)}`;
    return `${open}${line}${parts.join(`${between}${line}`)}\n${indent.repeat(depth)}${close}`;
  };
  if (value === null) return "null";
  if (typeof value === "boolean" || typeof value === "number") return String(value);
  if (typeof value === "string") return quoted(value);
  if (value instanceof Float) return jsonFloat(value.value);
  if (isSequence(value))
    return wrapped(
      "[",
      itemsOf(value).map((one) => toJson(one, options, depth + 1)),
      "]",
    );
  if (value instanceof Map) {
    const entries = [...value].map(([key, one]): [string, Value] => [keyOf(key), one]);
    if (sortKeys) entries.sort(([one], [other]) => compareTexts(one, other));
    return wrapped(
      "{",
      entries.map(([key, one]) => `${quoted(key)}${colon}${toJson(one, options, depth + 1)}`),
      "}",
    );
  }
  return fail(`Object of type ${typeName(value)} is not JSON serializable`);
}

function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  return printFloat(value);
}

function keyOf(key: Value): string {
  if (typeof key === "string") return key;
  if (key === null) return "null";
  if (typeof key === "boolean" || typeof key === "number") return String(key);
  return key instanceof Float
    ? jsonFloat(key.value)
    : fail(`keys must be str, int, float, bool or None, not ${typeName(key)}`);
}

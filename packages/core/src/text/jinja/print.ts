import {
  Callable,
  fail,
  Float,
  Lazy,
  Loop,
  Namespace,
  SafeText,
  Tuple,
  Undefined,
  View,
  type Value,
} from "./values.ts";

/** What `{{ value }}` prints: Python's str(). */
export function print(value: Value): string {
  if (typeof value === "string") return value;
  if (value instanceof SafeText) return value.text;
  return value instanceof Undefined ? "" : repr(value);
}

/** Python's repr(): how a value prints inside a list. */
export function repr(value: Value): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number") return String(value);
  if (value instanceof Float) return printFloat(value.value);
  if (Array.isArray(value)) return `[${value.map(repr).join(", ")}]`;
  if (value instanceof Tuple) return `(${value.items.map(repr).join(", ")}${value.items.length === 1 ? "," : ""})`;
  if (value instanceof Map) return dict(value);
  if (value instanceof Undefined) return "Undefined";
  if (value instanceof Namespace) return `<Namespace ${dict(value.entries)}>`;
  if (value instanceof View)
    return value.kind === "range" ? value.printed : `${value.kind}([${value.items.map(repr).join(", ")}])`;
  if (value instanceof Callable) return fail(`it prints the function ${value.name}: call it, ${value.name}()`);
  if (value instanceof Lazy) return fail(`it prints a ${value.kind}: make a list of it, ... | list`);
  if (value instanceof Loop) return fail("it prints loop itself");
  return fail("it prints a list with text marked safe");
}

const dict = (entries: ReadonlyMap<Value, Value>): string =>
  `{${[...entries].map(([key, item]) => `${repr(key)}: ${repr(item)}`).join(", ")}}`;

/** The shortest digits that give the number back, in Python's layout. */
export function printFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [digits, exponent] = value.toExponential().split("e") as [string, string];
    return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
  }
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

const ESCAPES: Record<string, string> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };
/** What Python does not print as it is: control, format, private and unassigned characters, separators but the space. */
const HIDDEN = /[\p{C}\p{Z}]/u;

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escape = (character: string): string => {
    if (character === quote) return `\\${quote}`;
    const known = ESCAPES[character];
    if (known !== undefined) return known;
    if (character === " " || !HIDDEN.test(character)) return character;
    const code = character.codePointAt(0)!;
    if (code <= 0xff) return `\\x${code.toString(16).padStart(2, "0")}`;
    return code <= 0xffff ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`;
  };
  return `${quote}${[...text].map(escape).join("")}${quote}`;
}

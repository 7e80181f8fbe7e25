import { print, repr } from "./print.ts";
import { fail, numeric, Tuple, Undefined, type Value } from "./values.ts";

const DIRECTIVE = /%(?:\(([^)]*)\))?([-+ 0#]*)(\d*)(?:\.(\d+))?([a-zA-Z%])/gu;

/** Python's `text % values`, for %s, %r, %d, %i, %f and %%. @throws TemplateError for other directives, by their names */
export function formatPercent(text: string, given: Value): string {
  const values = given instanceof Tuple ? [...given.items] : [given];
  let next = 0;
  const written = text.replace(
    DIRECTIVE,
    (all: string, key: string | undefined, flags: string, width: string, digits: string | undefined, kind: string) => {
      if (kind === "%") return "%";
      const value = key === undefined ? values[next++] : given instanceof Map ? given.get(key) : undefined;
      if (value === undefined) return fail("not enough arguments for format string");
      return padded(directive(all, kind, value, digits), flags, Number(width || 0));
    },
  );
  const takesAny = given instanceof Map || Array.isArray(given) || given instanceof Undefined;
  if (next < values.length && !takesAny) fail("not all arguments converted during string formatting");
  return written;
}

function directive(all: string, kind: string, value: Value, digits: string | undefined): string {
  const cut = (text: string): string => (digits === undefined ? text : [...text].slice(0, Number(digits)).join(""));
  if (kind === "s") return cut(print(value));
  if (kind === "r") return cut(repr(value));
  const number = numeric(value);
  if (/[dif]/.test(kind) && number === null) return fail(`${all} needs a number`);
  if (kind === "d" || kind === "i") return String(Math.trunc(number!));
  if (kind === "f") return number!.toFixed(Number(digits ?? 6));
  return fail(`the format ${all} is not computed here; known are %s, %r, %d, %i, %f`);
}

function padded(text: string, flags: string, width: number): string {
  const isNumber = /^-?\d/.test(text);
  const signed =
    isNumber && !text.startsWith("-") && /[+ ]/.test(flags) ? (flags.includes("+") ? "+" : " ") + text : text;
  if (flags.includes("-")) return signed.padEnd(width);
  if (!flags.includes("0") || !isNumber) return signed.padStart(width);
  const sign = /^[-+ ]/.exec(signed)?.[0] ?? "";
  return sign + signed.slice(sign.length).padStart(width - sign.length, "0");
}

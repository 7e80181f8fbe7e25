import { bound, flagArgument, textArgument, wholeArgument } from "./arguments.ts";
import type { Filter } from "./filter.ts";
import { formatPercent } from "./format-percent.ts";
import { toJson } from "./json.ts";
import { print } from "./print.ts";
import { SEQUENCE_FILTERS } from "./sequence-filters.ts";
import { capitalized, replaced, splitLines, strip } from "./text-methods.ts";
import {
  defined,
  elements,
  fail,
  Float,
  isSequence,
  itemsOf,
  Lazy,
  numeric,
  SafeText,
  truth,
  Tuple,
  typeName,
  Undefined,
  View,
  whole,
  type Arguments,
  type Value,
} from "./values.ts";
import { attribute } from "./attributes.ts";

/** A text of any value: what most filters of texts begin with. */
const text = (value: Value): string => print(value);

const ofText =
  (change: (value: string) => Value): Filter =>
  (value) =>
    change(text(value));

function lengthOf(value: Value): number {
  if (typeof value === "string") return [...value].length;
  if (isSequence(value)) return itemsOf(value).length;
  if (value instanceof Map) return value.size;
  if (value instanceof View) return value.items.length;
  return value instanceof Undefined ? 0 : fail(`object of type '${typeName(value)}' has no len()`);
}

const count: Filter = (value) => lengthOf(value);
const fallback: Filter = (value, given) => {
  const { default_value: otherwise = "", boolean } = bound("default", given, ["default_value", "boolean"]);
  return value instanceof Undefined || (flagArgument(boolean) && !truth(value)) ? otherwise : value;
};

const INTEGER = /^[+-]?\d+(?:_\d+)*$/u;
const NUMBER = /^[+-]?(?:(?:\d+(?:_\d+)*)?\.?\d+(?:_\d+)*\.?(?:[eE][+-]?\d+)?|inf(?:inity)?|nan)$/iu;

function parsedFloat(value: string): number | null {
  const inner = strip(value, null);
  if (!NUMBER.test(inner)) return null;
  const named = /^([+-]?)(inf|nan)/i.exec(inner);
  if (named) return named[2]!.toLowerCase() === "nan" ? NaN : named[1] === "-" ? -Infinity : Infinity;
  return Number(inner.replaceAll("_", ""));
}

const toInteger: Filter = (value, given) => {
  const { default: otherwise = 0, base } = bound("int", given, ["default", "base"]);
  if (wholeArgument("base", base, 10) !== 10) return fail("the filter int is computed in base 10 only");
  const number = typeof value === "string" ? parsedInteger(value) : numeric(defined(value));
  return number === null || !Number.isFinite(number) ? otherwise : whole(Math.trunc(number));
};
const parsedInteger = (value: string): number | null => {
  const inner = strip(value, null);
  return INTEGER.test(inner) ? Number(inner.replaceAll("_", "")) : parsedFloat(value);
};

const toFloat: Filter = (value, given) => {
  const { default: otherwise = new Float(0) } = bound("float", given, ["default"]);
  const number = typeof value === "string" ? parsedFloat(value) : numeric(defined(value));
  return number === null ? otherwise : new Float(number);
};

/** Halves go to the even neighbour, as Python's round does. */
function round(value: Value, given: Arguments): Value {
  const { precision, method = "common" } = bound("round", given, ["precision", "method"]);
  const number = numeric(value) ?? fail(`the filter round needs a number, not ${typeName(value)}`);
  const by = 10 ** wholeArgument("precision", precision, 0);
  if (method === "ceil") return new Float(Math.ceil(number * by) / by);
  if (method === "floor") return new Float(Math.floor(number * by) / by);
  if (method !== "common") return fail("method must be common, ceil or floor");
  const scaled = number * by;
  const low = Math.floor(scaled);
  const isHalf = scaled - low === 0.5;
  const rounded = isHalf ? (low % 2 === 0 ? low : low + 1) : Math.round(scaled);
  return typeof value === "number" ? whole(rounded / by) : new Float(rounded / by);
}

function indent(value: Value, given: Arguments): Value {
  const { width = 4, first, blank } = bound("indent", given, ["width", "first", "blank"]);
  const by = typeof width === "string" ? width : " ".repeat(Math.max(0, wholeArgument("width", width, 4)));
  const lines = splitLines(`${text(value)}\n`);
  const indented = lines.map((line, at) => (at > 0 && (line !== "" || flagArgument(blank)) ? by + line : line));
  return (flagArgument(first) ? by : "") + indented.join("\n");
}

function json(value: Value, given: Arguments): Value {
  const options = bound("tojson", given, ["ensure_ascii", "indent", "separators", "sort_keys"]);
  const { indent: by = null, separators = null } = options;
  const level =
    by === null ? null : typeof by === "string" ? by : " ".repeat(Math.max(0, wholeArgument("indent", by, 0)));
  let pair: [string, string] | null = null;
  if (separators !== null) {
    const two = isSequence(separators) ? itemsOf(separators) : fail("separators must be two texts");
    if (two.length !== 2) fail("separators must be two texts");
    pair = [textArgument("a separator", two[0]), textArgument("a separator", two[1])];
  }
  return toJson(value, {
    indent: level,
    ensureAscii: flagArgument(options.ensure_ascii),
    separators: pair,
    sortKeys: flagArgument(options.sort_keys),
  });
}

function pairs(value: Value): Value {
  if (value instanceof Undefined) return new Lazy("generator", []);
  if (!(value instanceof Map)) return fail("Can only get item pairs from a mapping.");
  return new Lazy(
    "generator",
    [...value].map(([one, other]) => new Tuple([one, other])),
  );
}

function truncate(value: Value, given: Arguments): Value {
  const { length, killwords, end = "...", leeway } = bound("truncate", given, ["length", "killwords", "end", "leeway"]);
  const [all, most, closing] = [[...text(value)], wholeArgument("length", length, 255), textArgument("end", end)];
  if (all.length <= most + wholeArgument("leeway", leeway, 5)) return all.join("");
  const kept = all.slice(0, Math.max(0, most - [...closing].length)).join("");
  if (flagArgument(killwords)) return kept + closing;
  const space = kept.lastIndexOf(" ");
  return (space < 0 ? kept : kept.slice(0, space)) + closing;
}

const TITLE_START = /([-\s([{<]+)/u;

const TEXT_FILTERS: Record<string, Filter> = {
  upper: ofText((value) => value.toUpperCase()),
  lower: ofText((value) => value.toLowerCase()),
  capitalize: ofText(capitalized),
  title: ofText((value) => value.split(TITLE_START).map(capitalized).join("")),
  string: (value) => text(value),
  safe: ofText((value) => new SafeText(value)),
  trim: (value, given) => {
    const { chars = null } = bound("trim", given, ["chars"]);
    return strip(text(value), chars === null ? null : textArgument("chars", chars));
  },
  replace: (value, given) => {
    const { old, new: by, count: most } = bound("replace", given, ["old", "new", "count"], 2);
    return replaced(text(value), text(old!), text(by!), wholeArgument("count", most ?? undefined, -1));
  },
  indent,
  truncate,
  center: (value, given) => {
    const width = wholeArgument("width", bound("center", given, ["width"]).width, 80);
    const inner = text(value);
    const spare = Math.max(0, width - [...inner].length);
    const left = Math.floor(spare / 2) + (spare & width & 1);
    return " ".repeat(left) + inner + " ".repeat(spare - left);
  },
  wordcount: (value) => (text(value).match(/[\p{L}\p{N}_]+/gu) ?? []).length,
  format: (value, { positional, named }) =>
    formatPercent(text(value), named.size > 0 ? new Map(named) : new Tuple(positional)),
};

export const FILTERS: Readonly<Record<string, Filter>> = {
  ...TEXT_FILTERS,
  ...SEQUENCE_FILTERS,
  length: count,
  count,
  default: fallback,
  d: fallback,
  int: toInteger,
  float: toFloat,
  round,
  abs: (value) => {
    const number = numeric(value) ?? fail(`bad operand type for abs(): '${typeName(value)}'`);
    return value instanceof Float ? new Float(Math.abs(number)) : Math.abs(number);
  },
  tojson: json,
  items: pairs,
  list: (value) => [...elements(value)],
  attr: (value, given) => {
    const name = textArgument("attr()'s name", bound("attr", given, ["name"], 1).name);
    // attributes, not keys
    return value instanceof Map ? new Undefined(`'dict object' has no attribute '${name}'`) : attribute(value, name);
  },
};

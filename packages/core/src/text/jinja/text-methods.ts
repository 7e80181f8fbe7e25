import { bound, textArgument, wholeArgument } from "./arguments.ts";
import { SPACE } from "./lexer.ts";
import { checkLength } from "./limits.ts";
import { elements, fail, isSequence, itemsOf, Tuple, typeName, type Arguments, type Value } from "./values.ts";

type Method = (text: string, given: Arguments) => Value;

// eslint-disable-next-line no-control-regex -- Python counts them as line ends
const LINE_ENDS = new RegExp("\\r\\n|[\\n\\r\\v\\f\\x1c-\\x1e\\x85\\u2028\\u2029]", "gu");
const SPACES = new RegExp(`[${SPACE}]+`, "gu");

/** The lines of a text, as Python's splitlines. */
export function splitLines(text: string, keepEnds = false): string[] {
  const lines: string[] = [];
  let at = 0;
  for (const { 0: end, index } of text.matchAll(LINE_ENDS)) {
    lines.push(text.slice(at, index + (keepEnds ? end.length : 0)));
    at = index + end.length;
  }
  if (at < text.length) lines.push(text.slice(at));
  return lines;
}

/** Without these characters at its sides; null: without white space. */
export function strip(text: string, characters: string | null, side: "left" | "right" | "both" = "both"): string {
  const all = [...text];
  const isCut = (one: string): boolean => (characters === null ? ONE_SPACE.test(one) : [...characters].includes(one));
  let [start, end] = [0, all.length];
  if (side !== "right") while (start < end && isCut(all[start]!)) start++;
  if (side !== "left") while (end > start && isCut(all[end - 1]!)) end--;
  return all.slice(start, end).join("");
}
const ONE_SPACE = new RegExp(`^[${SPACE}]$`, "u");

const stripped =
  (side: "left" | "right" | "both"): Method =>
  (text, given) => {
    const { chars } = bound("strip", given, ["chars"]);
    return strip(text, chars === undefined || chars === null ? null : textArgument("strip()'s argument", chars), side);
  };

export const capitalized = (text: string): string => {
  const [first = "", ...rest] = text;
  return first.toUpperCase() + rest.join("").toLowerCase();
};

const parts = (what: string, value: Value | undefined): string[] => {
  if (value !== undefined && isSequence(value)) return itemsOf(value).map((one) => textArgument(what, one));
  return [textArgument(what, value)];
};

function split(text: string, given: Arguments, fromRight: boolean): Value {
  const { sep, maxsplit } = bound("split", given, ["sep", "maxsplit"]);
  const most = wholeArgument("maxsplit", maxsplit, -1);
  if (sep !== undefined && sep !== null) {
    const by = textArgument("split()'s separator", sep);
    if (by === "") fail("empty separator");
    const all = text.split(by);
    if (most < 0 || all.length <= most + 1) return all;
    return fromRight
      ? [all.slice(0, all.length - most).join(by), ...all.slice(all.length - most)]
      : [...all.slice(0, most), all.slice(most).join(by)];
  }
  const inner = strip(text, null, fromRight ? "right" : "left");
  if (most < 0) return strip(inner, null) === "" ? [] : strip(inner, null).split(SPACES);
  const gaps = [...inner.matchAll(SPACES)].filter(
    ({ index, 0: gap }) => index > 0 && index + gap.length < inner.length,
  );
  const cut = fromRight ? gaps.slice(Math.max(0, gaps.length - most)) : gaps.slice(0, most);
  const found: string[] = [];
  let at = 0;
  for (const { 0: gap, index } of cut) {
    found.push(inner.slice(at, index));
    at = index + gap.length;
  }
  const last = inner.slice(at);
  const whole = fromRight ? [...found, last] : [...found, most > gaps.length ? strip(last, null) : last];
  return whole.filter((one) => one !== "");
}

function find(text: string, given: Arguments, fromRight: boolean): number {
  const { sub, start, end } = bound("find", given, ["sub", "start", "end"], 1);
  const all = [...text];
  const from = place(wholeArgument("start", start ?? undefined, 0), all.length);
  const to = place(wholeArgument("end", end ?? undefined, all.length), all.length);
  const inner = all.slice(from, to).join("");
  const wanted = textArgument("find()'s argument", sub);
  const at = fromRight ? inner.lastIndexOf(wanted) : inner.indexOf(wanted);
  return at < 0 ? -1 : from + [...inner.slice(0, at)].length;
}
const place = (at: number, length: number): number => (at < 0 ? Math.max(0, length + at) : Math.min(at, length));

function startsOrEnds(name: "startswith" | "endswith"): Method {
  return (text, given) => {
    const { prefix, start, end } = bound(name, given, ["prefix", "start", "end"], 1);
    const all = [...text];
    const from = place(wholeArgument("start", start ?? undefined, 0), all.length);
    const inner = all.slice(from, place(wholeArgument("end", end ?? undefined, all.length), all.length)).join("");
    return parts(`${name}()'s argument`, prefix).some((one) =>
      name === "startswith" ? inner.startsWith(one) : inner.endsWith(one),
    );
  };
}

function partition(text: string, given: Arguments, fromRight: boolean): Value {
  const by = textArgument("partition()'s separator", bound("partition", given, ["sep"], 1).sep);
  if (by === "") fail("empty separator");
  const at = fromRight ? text.lastIndexOf(by) : text.indexOf(by);
  if (at < 0) return new Tuple(fromRight ? ["", "", text] : [text, "", ""]);
  return new Tuple([text.slice(0, at), by, text.slice(at + by.length)]);
}

export function replaced(text: string, old: string, by: string, most: number): string {
  if (most < 0) return text.replaceAll(old, () => by);
  const found = old === "" ? ["", ...text] : text.split(old);
  if (found.length <= most + 1) return found.join(by);
  return [...found.slice(0, most), found.slice(most).join(old)].join(by);
}

const every =
  (pattern: RegExp): Method =>
  (text) =>
    text !== "" && pattern.test(text);
const plain =
  (name: string, change: (text: string) => Value): Method =>
  (text, given) => {
    bound(name, given, []);
    return change(text);
  };
const pad =
  (name: string, put: (text: string, missing: number, fill: string) => string): Method =>
  (text, given) => {
    const { width, fillchar } = bound(name, given, ["width", "fillchar"], 1);
    const missing = wholeArgument("width", width, 0) - [...text].length;
    checkLength(Math.max(0, missing));
    return missing <= 0 ? text : put(text, missing, fillchar === undefined ? " " : textArgument("fillchar", fillchar));
  };

/** Python's methods of texts that do not change what they belong to. */
export const TEXT_METHODS: Record<string, Method> = {
  upper: plain("upper", (text) => text.toUpperCase()),
  lower: plain("lower", (text) => text.toLowerCase()),
  casefold: plain("casefold", (text) => text.toLowerCase().replaceAll("ß", "ss")),
  title: plain("title", (text) => text.replaceAll(/\p{L}+/gu, (word) => capitalized(word))),
  capitalize: plain("capitalize", capitalized),
  swapcase: plain("swapcase", (text) =>
    [...text].map((one) => (one === one.toUpperCase() ? one.toLowerCase() : one.toUpperCase())).join(""),
  ),
  strip: stripped("both"),
  lstrip: stripped("left"),
  rstrip: stripped("right"),
  split: (text, given) => split(text, given, false),
  rsplit: (text, given) => split(text, given, true),
  splitlines: (text, given) => splitLines(text, bound("splitlines", given, ["keepends"]).keepends === true),
  startswith: startsOrEnds("startswith"),
  endswith: startsOrEnds("endswith"),
  find: (text, given) => find(text, given, false),
  rfind: (text, given) => find(text, given, true),
  index: (text, given) => {
    const at = find(text, given, false);
    return at < 0 ? fail("substring not found") : at;
  },
  count: (text, given) => {
    const sub = textArgument("count()'s argument", bound("count", given, ["sub"], 1).sub);
    return sub === "" ? [...text].length + 1 : text.split(sub).length - 1;
  },
  replace: (text, given) => {
    const { old, new: by, count } = bound("replace", given, ["old", "new", "count"], 2);
    return replaced(
      text,
      textArgument("replace()'s argument", old),
      textArgument("replace()'s argument", by),
      wholeArgument("count", count, -1),
    );
  },
  join: (text, given) =>
    elements(bound("join", given, ["iterable"], 1).iterable!)
      .map((one) => (typeof one === "string" ? one : fail(`join() needs texts, not ${typeName(one)}`)))
      .join(text),
  partition: (text, given) => partition(text, given, false),
  rpartition: (text, given) => partition(text, given, true),
  removeprefix: (text, given) => {
    const prefix = textArgument("removeprefix()'s argument", bound("removeprefix", given, ["prefix"], 1).prefix);
    return text.startsWith(prefix) ? text.slice(prefix.length) : text;
  },
  removesuffix: (text, given) => {
    const suffix = textArgument("removesuffix()'s argument", bound("removesuffix", given, ["suffix"], 1).suffix);
    return suffix !== "" && text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text;
  },
  ljust: pad("ljust", (text, missing, fill) => text + fill.repeat(missing)),
  rjust: pad("rjust", (text, missing, fill) => fill.repeat(missing) + text),
  isdigit: every(/^[\p{Nd}²³¹⁰⁴-⁹₀-₉]+$/u),
  isdecimal: every(/^\p{Nd}+$/u),
  isnumeric: every(/^\p{N}+$/u),
  isalpha: every(/^\p{L}+$/u),
  isalnum: every(/^[\p{L}\p{N}]+$/u),
  isspace: every(new RegExp(`^[${SPACE}]+$`, "u")),
  islower: (text) => /\p{Ll}/u.test(text) && text === text.toLowerCase(),
  isupper: (text) => /\p{Lu}/u.test(text) && text === text.toUpperCase(),
};

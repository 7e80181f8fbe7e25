import type { Outputs } from "../../api/types.ts";
import { valueText } from "./filter-terms.ts";

export type FilterWords = Outputs["runs"]["filterWords"];

/** What is known to be writable: words of the server, settings and metrics of the runs in sight. */
export interface Known {
  words: FilterWords;
  /** config.PATH and metric.KEY, with quotes where they need them */
  own: readonly string[];
}

export interface Suggestion {
  text: string;
  /** what it is, in a word or two */
  says: string;
}

/** What can stand at a place of a filter, and the letters there that it takes the place of. */
export interface Suggestions {
  from: number;
  to: number;
  items: readonly Suggestion[];
}

type FieldType = keyof FilterWords["operators"];

const MOST = 50;
const WORD =
  /(?:"(?:[^"\\]|\\.)*"?|!=|<=|>=|[=<>~(),]|(?:(?:metric|config)\.(?:[^\s"=<>~(),]|"(?:[^"\\]|\\.)*"?)+|[^\s"=<>~(),]+))/g;
const MARK = /^(!=|<=|>=|[=<>~(),])$/;
const OPERATOR = /^(!=|<=|>=|[=<>~])$/;

/** What can be written at the caret. */
export function suggestionsAt(filter: string, caret: number, known: Known): Suggestions {
  const words = Array.from(filter.matchAll(WORD), ({ 0: text, index }) => ({
    text,
    from: index,
    to: index + text.length,
  }));
  const here = words.find(({ text, from, to }) => from < caret && caret <= to && !MARK.test(text));
  const before = words.filter(({ to }) => to <= (here?.from ?? caret));
  const typed = here ? filter.slice(here.from, caret) : "";
  const offered = offeredAfter(
    before.map(({ text }) => text),
    known,
  );
  return {
    from: here?.from ?? caret,
    to: here?.to ?? caret,
    items: fitting(offered, typed.replace(/^"/, "")),
  };
}

function offeredAfter(before: readonly string[], known: Known): Suggestion[] {
  const last = before.at(-1);
  if (last !== undefined && (OPERATOR.test(last) || last === ",")) {
    const field = before[before.findLastIndex((text) => OPERATOR.test(text)) - 1];
    return field === undefined ? [] : valuesOf(field, known);
  }
  const type = last === undefined ? null : typeOf(last, known);
  // the word before the caret is a field that nothing is compared with yet
  if (type !== null && !OPERATOR.test(before.at(-2) ?? "") && before.at(-2) !== ",")
    return known.words.operators[type].map((text) => ({ text, says: OPERATOR_WORDS[text] ?? "" }));
  const isBegun = last !== undefined && last !== "(";
  const keywords = isBegun ? ["or", "not"] : ["not"];
  return [
    ...known.words.fields.map(({ name, type: is }) => ({ text: name, says: TYPE_WORDS[is] })),
    ...known.own.map((text) => ({ text, says: text.startsWith("metric.") ? "metric" : "setting" })),
    ...keywords.map((text) => ({ text, says: KEYWORDS[text]! })),
  ];
}

function valuesOf(field: string, { words }: Known): Suggestion[] {
  const found = words.fields.find(({ name }) => name === field);
  const listed: Record<string, readonly string[]> = { tag: words.tags, group: words.groups, by: words.people };
  const values = found?.values ?? listed[field];
  if (values) return values.map((text) => ({ text: valueText(text), says: field }));
  if (found?.type === "time") return AGES;
  return [];
}

function typeOf(word: string, { words, own }: Known): FieldType | null {
  if (own.includes(word) || /^(config|metric)\../.test(word)) return word.startsWith("metric.") ? "number" : "json";
  return words.fields.find(({ name }) => name === word)?.type ?? null;
}

/** Those that begin so come first, then those that hold it. */
function fitting(offered: readonly Suggestion[], typed: string): Suggestion[] {
  const needle = typed.toLowerCase();
  const plain = ({ text }: Suggestion): string => text.replace(/^"/, "").toLowerCase();
  const begins = offered.filter((one) => plain(one).startsWith(needle));
  const holds = offered.filter((one) => !begins.includes(one) && plain(one).includes(needle));
  const items = [...begins, ...holds];
  return items.length === 1 && plain(items[0]!) === needle ? [] : items.slice(0, MOST);
}

const TYPE_WORDS: Record<FieldType, string> = {
  text: "text",
  list: "several",
  time: "time",
  number: "number",
  json: "setting",
};
const KEYWORDS: Record<string, string> = { or: "either side holds", not: "what follows does not hold" };
const OPERATOR_WORDS: Record<string, string> = {
  "=": "is; several values with commas",
  "!=": "is not",
  "~": "contains",
  "<": "less, or before",
  "<=": "at most",
  ">": "more, or after",
  ">=": "at least",
};
const AGES: Suggestion[] = [
  { text: "1h", says: "an hour ago" },
  { text: "1d", says: "a day ago" },
  { text: "7d", says: "a week ago" },
];

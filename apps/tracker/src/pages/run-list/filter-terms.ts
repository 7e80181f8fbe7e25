import { quoted } from "@uniarm/core/schema";

const PLAIN = /^[^\s"=<>~(),]+$/;
/** Without quotes they mean something else: nothing, a number, a part of the language. */
const TAKEN = /^(none|or|and|not|[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?)$/i;

/** A value as a filter has it. */
export const valueText = (value: string): string => (PLAIN.test(value) && !TAKEN.test(value) ? value : quoted(value));

/** The comparison that only runs with this value pass; null: the language has none for it. */
export function termOf(field: string, value: unknown): string | null {
  if (value === null || value === undefined || value === "") return `${field} = none`;
  if (typeof value === "string") return `${field} = ${valueText(value)}`;
  return typeof value === "number" || typeof value === "boolean" ? `${field} = ${value}` : null;
}

/** The filter with one more comparison that must hold; one that it has already is not repeated. */
export function withTerm(filter: string, term: string): string {
  const before = filter.trim();
  if (before === "" || before === term) return term;
  if (` ${before} `.includes(` ${term} `)) return before;
  return /\sor\s/i.test(before) ? `(${before}) ${term}` : `${before} ${term}`;
}

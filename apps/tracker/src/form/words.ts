import type { JsonSchema } from "./json-schema.ts";

const ABBREVIATIONS: Record<string, string> = { arm: "ARM", grad: "gradient" };

/** "maxNewTokens" -> "Max new tokens"; "stepMs" -> "Step", whose unit is said beside it. */
export function labelOf(name: string): string {
  const words = name
    .replace(/(?<=[a-z])Ms$/, "")
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll(/[_-]/g, " ")
    .toLowerCase()
    .split(" ")
    .map((word) => ABBREVIATIONS[word] ?? word)
    .join(" ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const UNITS: readonly [RegExp, string][] = [
  [/Ms$/, "ms"],
  [/Minutes$/, "min"],
  [/(^t|T)okens$/, "tokens"],
  [/(^s|S)teps$|Every$/, "steps"],
  [/(^p|P)airs$/, "pairs"],
  [/(^r|R)ows$/, "rows"],
  [/Prompts$/, "prompts"],
  [/(^e|E)pochs$/, "epochs"],
];

/** The unit of a number, where its name says one that its label does not end with. */
export function unitOf(name: string): string | null {
  const unit = UNITS.find(([pattern]) => pattern.test(name))?.[1] ?? null;
  return unit !== null && labelOf(name).toLowerCase().endsWith(unit) ? null : unit;
}

const short = (value: unknown): string => {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
};

/** What counts when nothing is given; empty objects say nothing. */
export function defaultText({ default: value }: JsonSchema): string | null {
  if (value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0))
    return null;
  return short(value);
}

/** The limits of a number: "from 1 to 100", "above 0". */
export function limitsText({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string | null {
  const isTold = (limit: number | undefined): limit is number =>
    limit !== undefined && Math.abs(limit) < Number.MAX_SAFE_INTEGER;
  const low = isTold(minimum) ? `from ${minimum}` : isTold(exclusiveMinimum) ? `above ${exclusiveMinimum}` : null;
  const high = isTold(maximum) ? `to ${maximum}` : isTold(exclusiveMaximum) ? `below ${exclusiveMaximum}` : null;
  return low === null && high === null ? null : [low, high].filter((part) => part !== null).join(" ");
}
